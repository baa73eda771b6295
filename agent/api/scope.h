#pragma once

#include <string>
#include <vector>

#include "agent/engine.h"
#include "policy/indicator.h"
#include "sekisho/v1/api.pb.h"

namespace agent::api {

// Names of the lists that carry the target's kind.
std::vector<std::string> ListsOf(const std::vector<ListSettings>& lists,
                                 const policy::Indicator& target);

// Says who can enforce the proposal; and where no configured list carries it, that nothing will.
void AddScope(const std::vector<ListSettings>& lists, sekisho::v1::Proposal& proposal);

}  // namespace agent::api
