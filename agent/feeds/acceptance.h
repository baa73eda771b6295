#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "agent/feeds/feed_snapshot.h"
#include "policy/allowlist_format.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::feeds {

struct AcceptanceLimits {
  int shrink_percent_max = 30;
  int growth_factor_max = 3;
  std::uint64_t rows_max = 1'000'000;
  // Up to so many rows, sizes are not compared: from three rows to two is no sign of anything.
  std::uint64_t rows_unjudged = 10;
};

// What counts about a file for judging it.
struct ContentSummary {
  std::uint64_t rows = 0;  // good ones, each indicator once; of context if there are no others
  // The newest last_seen, leaving out those from the future, since one of them would make every
  // later file look old. None where the format knows no times.
  std::optional<policy::TimePoint> newest_seen;
};

ContentSummary Summarise(const FeedSnapshot& snapshot, bool is_dated, policy::TimePoint now);
ContentSummary Summarise(const policy::ParsedAllowlist& allowlist);

// What was accepted of the same source before.
struct AcceptedBefore {
  std::vector<std::uint64_t> rows;  // of the last few files, at most `history_max`
  std::optional<policy::TimePoint> newest_seen;
};
inline constexpr std::size_t history_max = 7;

// Says whether a file may replace the last good one. Refused, as `not_allowed`, is one that is
// empty, that has shrunk or grown too much against the median of those before (not against the
// last, so that nobody hollows a feed out in small steps), or that is older than the last; as
// `exhausted`, one of more than `rows_max` rows.
policy::Result<void> JudgeFetch(const AcceptedBefore& before, const ContentSummary& fetched,
                                const AcceptanceLimits& limits);

// The same of what we have seen ourselves (FeedFormat::is_own): only `rows_max` counts.
policy::Result<void> JudgeOwn(const ContentSummary& fetched, const AcceptanceLimits& limits);

}  // namespace agent::feeds
