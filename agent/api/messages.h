#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/store/store.h"
#include "policy/evaluate.h"
#include "sekisho/v1/api.pb.h"

// Values of the store and of the policy as messages for people. Pure.
namespace agent::api {

sekisho::v1::Proposal ToMessage(const store::Proposal& proposal,
                                const std::vector<store::Vote>& votes);
sekisho::v1::Vote ToMessage(const store::Vote& vote);
sekisho::v1::Block ToMessage(const store::Block& block);
sekisho::v1::Release ToMessage(const store::Release& release);
sekisho::v1::Entry ToMessage(const store::LeafRow& leaf);
sekisho::v1::Reason ToMessage(const policy::Reason& reason);

// What is to be said of an emergency unblock that keeps `indicator` from being blocked, if any.
std::optional<sekisho::v1::Reason> HoldReason(std::vector<store::Emergency> open,
                                              const policy::Indicator& indicator);

// The parts of a text between its commas, without empty ones.
std::vector<std::string> SplitAtCommas(std::string_view text);

}  // namespace agent::api
