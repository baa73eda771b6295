#pragma once

#include <array>
#include <string>
#include <utility>

#include "agent/feeds/feed_snapshot.h"
#include "policy/result.h"

namespace agent::feeds {

// What a parser made of a file, on one line for a table of expectations: distinct indicators by
// kind, then the rows that did not count, by reason in alphabetical order.
//   "domain 3, ip 1 | file name 2, not defanged 7", or "refused: WHY" up to the first colon.
inline std::string OutcomeOf(const policy::Result<FeedSnapshot>& snapshot) {
  if (!snapshot)
    return "refused: " + snapshot.error().detail.substr(0, snapshot.error().detail.find(':'));
  std::array<int, 4> counts{};
  for (const policy::Observation& observation : snapshot->observations) {
    ++counts[static_cast<std::size_t>(policy::KindOf(observation.indicator))];
  }
  std::string text;
  for (std::size_t kind = 0; kind < counts.size(); ++kind) {
    if (counts[kind] == 0) continue;
    if (!text.empty()) text += ", ";
    text.append(policy::Name(static_cast<policy::IndicatorKind>(kind)));
    text.append(" ").append(std::to_string(counts[kind]));
  }
  std::string separator = text.empty() ? "| " : " | ";
  for (const auto& [reason, count] : snapshot->rejected_by_reason) {
    text.append(std::exchange(separator, ", ")).append(reason);
    text.append(" ").append(std::to_string(count));
  }
  return text;
}

}  // namespace agent::feeds
