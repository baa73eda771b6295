#pragma once

#include <chrono>
#include <mutex>

#include "policy/time.h"

namespace platform {

// Where the program gets the time from. Now() is for what people and feeds see and may jump;
// SteadyNow() is for waits and deadlines and never runs backwards. Both may be called from any
// thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual policy::TimePoint Now() const = 0;
  virtual std::chrono::steady_clock::time_point SteadyNow() const = 0;
};

class SystemClock final : public Clock {
 public:
  policy::TimePoint Now() const override;
  std::chrono::steady_clock::time_point SteadyNow() const override;
};

// A clock that stands still until it is told to move, for tests and the simulation.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(policy::TimePoint now) : now_(now) {}

  policy::TimePoint Now() const override;
  std::chrono::steady_clock::time_point SteadyNow() const override;

  // Sets the wall time alone, as an administrator or NTP does; it may go back.
  void Set(policy::TimePoint now);
  // Lets time pass: both clocks move forward.
  void Advance(std::chrono::seconds duration);

 private:
  mutable std::mutex mutex_;
  policy::TimePoint now_;
  std::chrono::steady_clock::time_point steady_now_{std::chrono::hours(1)};
};

}  // namespace platform
