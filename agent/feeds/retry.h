#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "policy/time.h"

namespace agent::feeds {

// When to fetch again. Pure; `random` is uniform in [0, 1) and spreads the fetches of many agents
// and many sources, which otherwise would all come back at the same instant after an outage.

// After a fetch that reached the server: the interval, give or take 5 %.
std::chrono::milliseconds DelayAfterSuccess(std::chrono::seconds interval, double random);

// After the `failures`-th failure in a row, from 1: starts at half a minute to a minute and doubles
// each time, up to the interval; never before `retry_after`, of which a day at most is believed.
std::chrono::milliseconds DelayAfterFailure(std::chrono::seconds interval, int failures,
                                            std::optional<std::chrono::seconds> retry_after,
                                            double random);

// "Sun, 06 Nov 1994 08:49:37 GMT" (IMF-fixdate: RFC 9110, 5.6.7).
std::optional<policy::TimePoint> ParseHttpDate(std::string_view text);

// The Retry-After header (RFC 9110, 10.2.3): seconds, or an IMF-fixdate. None if it is neither, or
// past.
std::optional<std::chrono::seconds> ParseRetryAfter(std::string_view text, policy::TimePoint now);

}  // namespace agent::feeds
