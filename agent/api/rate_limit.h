#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include "platform/clock.h"
#include "policy/result.h"

namespace agent::api {

// How many calls a caller may make: `burst` at once, and `per_second` in the long run. Each caller
// has their own, so that one who floods takes nothing from the others. Any thread.
class RateLimit {
 public:
  RateLimit(double per_second, double burst, const platform::Clock& clock)
      : per_second_(per_second), burst_(burst), clock_(clock) {}

  // Counts a call. `exhausted`, with how long to wait, if it is one too many; then it doesn't
  // count.
  policy::Result<void> Take(const std::string& caller);

 private:
  // A bucket that fills up with time, and that each call takes one from.
  struct Bucket {
    double left;
    std::chrono::steady_clock::time_point at;
  };

  const double per_second_;
  const double burst_;
  const platform::Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Bucket> buckets_;  // no more than the configuration has callers
};

}  // namespace agent::api
