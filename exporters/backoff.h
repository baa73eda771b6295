#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace exporters {

// Waits between attempts: random from 0 to a bound that doubles with each (full jitter), so that
// exporters that lost the same agent at the same instant come back spread out. Not thread-safe.
class Backoff {
 public:
  using Milliseconds = std::chrono::milliseconds;

  // first >= 1 ms, max >= first.
  Backoff(Milliseconds first, Milliseconds max, std::uint64_t seed)
      : first_(first), max_(max), bound_(first), random_(seed) {}

  Milliseconds Next() {
    std::uniform_int_distribution<Milliseconds::rep> wait(1, bound_.count());
    const Milliseconds next(wait(random_));
    bound_ = std::min(max_, 2 * bound_);
    return next;
  }

  // After an attempt that succeeded.
  void Reset() { bound_ = first_; }

 private:
  Milliseconds first_;
  Milliseconds max_;
  Milliseconds bound_;
  std::mt19937_64 random_;
};

}  // namespace exporters
