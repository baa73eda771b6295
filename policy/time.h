#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "policy/result.h"

namespace policy {

// Seconds since 1970-01-01 UTC, as every feed and every list reckons. Wall time only: durations of
// waits are measured by platform::Clock.
using TimePoint = std::chrono::sys_seconds;

// "2026-11-24T10:16:31Z" (RFC 3339, always UTC).
std::string FormatTime(TimePoint time);

// Takes RFC 3339 ("2026-11-24T10:16:31Z", offsets allowed), and the forms feeds use for UTC:
// "2026-11-24 10:16:31", "2026-11-24 10:16:31 UTC", "2026-11-24".
Result<TimePoint> ParseTime(std::string_view text);

// "90s", "30m", "12h", "7d", "2w"; positive, at most ten years.
Result<std::chrono::seconds> ParseDuration(std::string_view text);

// The shortest form ParseDuration reads back: 604800 s is "1w".
std::string FormatDuration(std::chrono::seconds duration);

}  // namespace policy
