#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>

#include "platform/clock.h"

namespace exporters {

// Asks until `done`, more and more rarely; false if it is not done within `timeout`.
inline bool AwaitWithin(std::chrono::seconds timeout, const platform::Clock& clock,
                        const std::function<bool()>& done) {
  using std::chrono::milliseconds;
  const auto deadline = clock.SteadyNow() + timeout;
  for (milliseconds pause(5);; pause = std::min(pause * 2, milliseconds(250))) {
    if (done()) return true;
    if (clock.SteadyNow() >= deadline) return false;
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace exporters
