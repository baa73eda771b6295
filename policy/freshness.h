#pragma once

#include <chrono>

#include "policy/observation.h"
#include "policy/time.h"

namespace policy {

enum class Freshness : std::uint8_t { fresh, stale, from_the_future };

// How far a feed's clock may run ahead of ours before its times are not believed.
inline constexpr std::chrono::seconds clock_skew_max = std::chrono::minutes(10);

// Says whether `observation` is recent enough to act on at `now`.
//
// Age runs from the feed's own `last_seen`, not from our fetch: a feed that repeats an old list
// must not keep a block alive. An observation is still fresh at exactly `age_max`; the feed's own
// `valid_until` ends it earlier, never later.
Freshness AssessFreshness(const Observation& observation, std::chrono::seconds age_max,
                          TimePoint now);

}  // namespace policy
