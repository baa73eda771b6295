#include "exporters/crowdsec/ledger.h"

#include <algorithm>
#include <utility>

namespace exporters::crowdsec {

using policy::IpPrefix;
using policy::TimePoint;

std::chrono::seconds Ledger::TimeOf(std::uint64_t id) const {
  // Fibonacci hashing: neighbouring numbers, which came at once, end far from each other.
  const std::uint64_t spread = (id * 0x9E3779B97F4A7C15U) >> 44U;  // 20 bits
  return hold_ / 2 + hold_ * static_cast<std::int64_t>(spread) / (std::int64_t{2} << 20);
}

Decision Ledger::DecisionOf(const IpPrefix& value, const Live& live) const {
  return {live.id, value, live.since + TimeOf(live.id)};
}

bool Ledger::IsDue(const Live& live, TimePoint now) const {
  return now >= live.since + TimeOf(live.id) / 2;
}

void Ledger::Become(const std::vector<IpPrefix>& values, TimePoint now) {
  const std::uint64_t change = head_ + 1;
  const auto bury = [&](const auto& entry) {
    deleted_.push_back({DecisionOf(entry.first, entry.second), change, now});
    head_ = change;
  };
  auto live = live_.begin();
  for (const IpPrefix& value : values) {
    while (live != live_.end() && live->first < value) {
      bury(*live);
      live = live_.erase(live);
    }
    if (live == live_.end() || live->first != value) {
      live = live_.emplace_hint(live, value, Live{next_id_++, change, now});
      head_ = change;
    } else if (IsDue(live->second, now)) {
      bury(*live);
      live->second = {next_id_++, change, now};
    }
    ++live;
  }
  while (live != live_.end()) {
    bury(*live);
    live = live_.erase(live);
  }
}

Ledger::Changes Ledger::Since(std::uint64_t cursor, TimePoint now) const {
  Changes changes;
  if (cursor >= head_) return changes;
  for (const auto& [value, live] : live_) {
    if (live.change > cursor) changes.added.push_back(DecisionOf(value, live));
  }
  const auto first = std::partition_point(deleted_.begin(), deleted_.end(),
                                          [&](const Deleted& one) { return one.change <= cursor; });
  for (auto one = first; one != deleted_.end(); ++one) {
    if (one->decision.until <= now) continue;
    changes.deleted.push_back({one->decision.id, one->decision.value, one->at});
  }
  return changes;
}

void Ledger::Forget(std::uint64_t told_to_all, TimePoint now) {
  std::erase_if(deleted_, [&](const Deleted& one) {
    return one.change <= told_to_all || one.decision.until <= now;
  });
}

std::vector<Decision> Ledger::Covering(const IpPrefix& value) const {
  std::vector<Decision> found;
  for (int length = 0; length <= value.length(); ++length) {
    const int host_bits = value.length_max() - length;
    const policy::Uint128 network =
        host_bits == 128 ? 0 : (value.first() >> host_bits) << host_bits;
    const auto prefix = IpPrefix::From(value.family(), network, length);
    const auto live = live_.find(*prefix);
    if (live != live_.end()) found.push_back(DecisionOf(live->first, live->second));
  }
  return found;
}

std::vector<Decision> Ledger::Within(const IpPrefix& value) const {
  std::vector<Decision> found;
  for (auto live = live_.lower_bound(value); live != live_.end(); ++live) {
    if (!value.Contains(live->first)) break;
    found.push_back(DecisionOf(live->first, live->second));
  }
  return found;
}

bool Ledger::HoldsExactly(const std::vector<IpPrefix>& values) const {
  return std::equal(live_.begin(), live_.end(), values.begin(), values.end(),
                    [](const auto& entry, const IpPrefix& value) { return entry.first == value; });
}

void Ledger::StartAfter(std::uint64_t cursor) {
  head_ = std::max(head_, cursor);
}

}  // namespace exporters::crowdsec
