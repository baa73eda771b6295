#include "exporters/expiry.h"

#include <algorithm>
#include <cstdint>

#include "platform/log.h"
#include "policy/digest.h"

namespace exporters {
namespace {

// How far the wall clock may part from the steady one between two looks.
constexpr std::chrono::seconds step_max = std::chrono::minutes(10);
constexpr std::size_t lines_min = 100;

// Not set yet, as on a machine that starts in 1970. A list may come from an agent whose clock is a
// little ahead (docs/protocol.md).
bool IsBehind(policy::TimePoint now, const HeldList& held) {
  return now + step_max < held.issued;
}

// The same for a name wherever and whenever it is asked.
std::chrono::seconds DelayOf(std::string_view device) {
  const policy::Sha256 digest = policy::Sha256Of(device);
  const std::uint32_t number =
      (std::uint32_t{digest[0]} << 16) | (std::uint32_t{digest[1]} << 8) | std::uint32_t{digest[2]};
  return std::chrono::seconds(number % (Expiry::delay_max.count() + 1));
}

}  // namespace

Expiry::Expiry(std::string_view device, const platform::Clock& clock)
    : clock_(clock), delay_(DelayOf(device)) {}

void Expiry::Watch(const HeldList& held) {
  const auto now = clock_.Now();
  if (IsBehind(now, held)) {
    last_.reset();
    return;
  }
  const auto steady = clock_.SteadyNow();
  if (last_ && !has_jumped_) {
    const auto wall_step = now - last_->first;
    const auto steady_step =
        std::chrono::duration_cast<std::chrono::seconds>(steady - last_->second);
    has_jumped_ = std::chrono::abs(wall_step - steady_step) > step_max;
    if (has_jumped_) {
      platform::Error(
          "the clock went from {} to {}: no line ends without the agent until one of "
          "its lists was taken, or the exporter started again",
          policy::FormatTime(last_->first), policy::FormatTime(now));
    }
  }
  last_ = {now, steady};
}

std::vector<std::size_t> Expiry::Due(const HeldList& held) const {
  const auto now = clock_.Now();
  if (has_jumped_ || IsBehind(now, held)) return {};
  const auto limit = (now - delay_).time_since_epoch().count();
  const policy::PackedTerms& terms = held.list->all_terms();
  const std::size_t due_max = std::max(lines_min, held.list->size() / 10);
  std::vector<std::size_t> due;
  for (std::size_t i = 0; i < terms.size() && due.size() < due_max; ++i) {
    if (terms.expires(i) != policy::Terms::no_end && terms.expires(i) <= limit) due.push_back(i);
  }
  return due;
}

}  // namespace exporters
