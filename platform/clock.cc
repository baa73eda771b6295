#include "platform/clock.h"

namespace platform {

policy::TimePoint SystemClock::Now() const {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::chrono::steady_clock::time_point SystemClock::SteadyNow() const {
  return std::chrono::steady_clock::now();
}

policy::TimePoint ManualClock::Now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

std::chrono::steady_clock::time_point ManualClock::SteadyNow() const {
  const std::lock_guard lock(mutex_);
  return steady_now_;
}

void ManualClock::Set(policy::TimePoint now) {
  const std::lock_guard lock(mutex_);
  now_ = now;
}

void ManualClock::Advance(std::chrono::seconds duration) {
  const std::lock_guard lock(mutex_);
  now_ += duration;
  steady_now_ += duration;
}

}  // namespace platform
