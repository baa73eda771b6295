#include "agent/feeds/acceptance.h"

#include <algorithm>
#include <string>

#include "policy/freshness.h"

namespace agent::feeds {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::FormatTime;
using policy::Result;

// Of an even number, the lower one of the middle.
std::uint64_t Median(std::vector<std::uint64_t> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

constexpr const char* remedy =
    "; the last good one stays. If that is right: `sekisho feed refresh NAME --accept-size`";

Result<void> JudgeSize(std::uint64_t median, std::uint64_t rows, const AcceptanceLimits& limits) {
  const auto percent_min =
      static_cast<std::uint64_t>(std::clamp(100 - limits.shrink_percent_max, 0, 100));
  const std::string sizes =
      std::to_string(median) + " rows (median of the last fetches) to " + std::to_string(rows);
  if (median > limits.rows_unjudged && rows * 100 < median * percent_min) {
    return Fail(ErrorCode::not_allowed, "it shrank from " + sizes + ", by more than " +
                                            std::to_string(limits.shrink_percent_max) + " %" +
                                            remedy);
  }
  const auto factor = static_cast<std::uint64_t>(std::max(limits.growth_factor_max, 1));
  if (rows > std::max(median, limits.rows_unjudged) * factor) {
    return Fail(ErrorCode::not_allowed, "it grew from " + sizes + ", more than " +
                                            std::to_string(factor) + " times" + remedy);
  }
  return {};
}

}  // namespace

ContentSummary Summarise(const FeedSnapshot& snapshot, bool is_dated, policy::TimePoint now) {
  ContentSummary summary{snapshot.observations.size(), std::nullopt};
  // Context does not fill up a feed that lost what it had to enforce; only one that never has
  // anything to enforce, as a list of certificates, is measured by it.
  if (summary.rows == 0) {
    for (const auto& [what, rows] : snapshot.context) summary.rows += rows;
  }
  if (!is_dated) return summary;
  const auto take = [&](policy::TimePoint time) {
    if (time > now + policy::clock_skew_max) return;
    summary.newest_seen = std::max(summary.newest_seen.value_or(time), time);
  };
  for (const policy::Observation& observation : snapshot.observations) take(observation.last_seen);
  if (snapshot.newest_row) take(*snapshot.newest_row);
  return summary;
}

ContentSummary Summarise(const policy::ParsedAllowlist& allowlist) {
  return {allowlist.entries.size(), std::nullopt};
}

Result<void> JudgeOwn(const ContentSummary& fetched, const AcceptanceLimits& limits) {
  if (fetched.rows <= limits.rows_max) return {};
  return Fail(ErrorCode::exhausted, "it has " + std::to_string(fetched.rows) +
                                        " rows, its cap is " + std::to_string(limits.rows_max));
}

Result<void> JudgeFetch(const AcceptedBefore& before, const ContentSummary& fetched,
                        const AcceptanceLimits& limits) {
  if (fetched.rows == 0) {
    return Fail(ErrorCode::not_allowed,
                "it holds not one usable row; the last good one stays. To have nothing of this "
                "source, disable it");
  }
  if (auto good = JudgeOwn(fetched, limits); !good) return good;
  if (!before.rows.empty()) {
    if (auto good = JudgeSize(Median(before.rows), fetched.rows, limits); !good) return good;
  }
  if (before.newest_seen && fetched.newest_seen && *fetched.newest_seen < *before.newest_seen) {
    return Fail(ErrorCode::not_allowed,
                "it is older than the last good one: its newest row is of " +
                    FormatTime(*fetched.newest_seen) + ", that one's of " +
                    FormatTime(*before.newest_seen) +
                    ". A mirror lags, or somebody replays an old file" + remedy);
  }
  return {};
}

}  // namespace agent::feeds
