#pragma once

#include <cstdint>
#include <map>
#include <set>

#include "agent/store/store.h"
#include "policy/indicator.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent {

// Targets whose rejection still holds at `now`.
policy::Result<std::set<policy::Indicator>> StandingRejections(store::Reader& reader,
                                                               policy::TimePoint now);

// Targets that people ever rejected as a false positive, and how often.
policy::Result<std::map<policy::Indicator, std::uint32_t>> FalsePositives(store::Reader& reader);

}  // namespace agent
