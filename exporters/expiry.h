#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "exporters/held_list.h"
#include "platform/clock.h"

namespace exporters {

// Which lines of a list end on a device whose agent is away (docs/protocol.md, "Without the
// agent"). Not thread-safe.
//
// A wrong clock must not empty a list at once, so a part of it ends at a time, nothing ends while
// the clock is behind the list, and nothing after the clock jumped.
class Expiry {
 public:
  // A line ends this long after its time, by the device's name: a thousand devices that hold the
  // same list do not all change in the same second.
  static constexpr std::chrono::seconds delay_max{300};

  Expiry(std::string_view device, const platform::Clock& clock);

  // Call from time to time, whether or not the agent is there: it is how a jump is noticed.
  void Watch(const HeldList& held);
  // An update was taken, which the clock had to agree with: it is right, whatever it did before.
  void Trust() { has_jumped_ = false; }

  // The indexes of lines that end now, ascending: at most a tenth of the list, or a hundred.
  std::vector<std::size_t> Due(const HeldList& held) const;

  std::chrono::seconds delay() const { return delay_; }

 private:
  const platform::Clock& clock_;
  const std::chrono::seconds delay_;
  std::optional<std::pair<policy::TimePoint, std::chrono::steady_clock::time_point>> last_;
  bool has_jumped_ = false;
};

}  // namespace exporters
