#pragma once

#include <optional>

#include "agent/engine.h"
#include "policy/indicator.h"
#include "policy/time.h"
#include "sekisho/v1/api.pb.h"

namespace agent::api {

// What our own clients use of it; none where no log is followed.
std::optional<sekisho::v1::Traffic> TrafficOf(const World& world,
                                              const policy::Indicator& indicator,
                                              policy::TimePoint now);

// Adds that to a proposal and, if many clients use it by now, that it takes two people.
void AddTraffic(const World& world, const policy::Indicator& target, policy::TimePoint now,
                sekisho::v1::Proposal& proposal);

sekisho::v1::TrafficCut ToMessage(const World& world, const Cut& cut, policy::TimePoint now);

void AddTrafficLogs(const World& world, sekisho::v1::ListFeedsResponse& response);

}  // namespace agent::api
