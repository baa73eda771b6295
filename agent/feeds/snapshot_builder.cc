#include "agent/feeds/snapshot_builder.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace agent::feeds {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Observation;
using policy::Result;

constexpr std::size_t kRejectedKept = 100;
constexpr std::uint64_t kRowsToJudge = 5;  // of fewer, a few bad ones say nothing

// Takes `other`, which is of the same indicator, into `observation`.
void Merge(Observation& observation, Observation other) {
  const policy::TimePoint first_seen = std::min(observation.first_seen, other.first_seen);
  if (other.last_seen > observation.last_seen) observation = std::move(other);
  observation.first_seen = first_seen;
}

void MergeEqualIndicators(std::vector<Observation>& observations) {
  // Stable, so that of two equally new observations the earlier row counts.
  std::stable_sort(
      observations.begin(), observations.end(),
      [](const Observation& a, const Observation& b) { return a.indicator < b.indicator; });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < observations.size(); ++i) {
    if (kept > 0 && observations[kept - 1].indicator == observations[i].indicator) {
      Merge(observations[kept - 1], std::move(observations[i]));
    } else if (kept++ != i) {
      observations[kept - 1] = std::move(observations[i]);
    }
  }
  observations.erase(observations.begin() + static_cast<std::ptrdiff_t>(kept), observations.end());
}

std::string CommonestReason(const FeedSnapshot& snapshot) {
  const auto commonest =
      std::max_element(snapshot.rejected_by_reason.begin(), snapshot.rejected_by_reason.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  return commonest == snapshot.rejected_by_reason.end() ? std::string() : commonest->first;
}

}  // namespace

bool IsMostlyRejected(std::uint64_t rejected, std::uint64_t rows_total) {
  return rows_total >= kRowsToJudge && rejected > rows_total / 2;
}

void SnapshotBuilder::Add(Observation observation) {
  ++snapshot_.rows_total;
  if (!full()) snapshot_.observations.push_back(std::move(observation));
}

void SnapshotBuilder::Reject(std::size_t line, std::string_view reason, std::string_view detail) {
  ++rejected_;
  Decline(line, reason, detail);
}

void SnapshotBuilder::Decline(std::size_t line, std::string_view reason, std::string_view detail) {
  ++snapshot_.rows_total;
  ++snapshot_.rejected_by_reason[std::string(reason)];
  if (snapshot_.rejected.size() >= kRejectedKept) return;
  std::string text(reason);
  if (!detail.empty()) text.append(": ").append(detail);
  snapshot_.rejected.push_back({line, std::move(text)});
}

void SnapshotBuilder::KeepAsContext(std::string_view what) {
  ++snapshot_.rows_total;
  ++snapshot_.context[std::string(what)];
}

void SnapshotBuilder::PassOver(std::string_view why) {
  ++snapshot_.rows_total;
  ++snapshot_.passed_over;
  ++snapshot_.passed_over_by_reason[std::string(why)];
}

void SnapshotBuilder::NoteTime(policy::TimePoint time) {
  snapshot_.newest_row = std::max(snapshot_.newest_row.value_or(time), time);
}

Result<FeedSnapshot> SnapshotBuilder::Finish() && {
  if (full()) return TooManyRows(rows_max_);
  const std::uint64_t rows_wanted = snapshot_.rows_total - snapshot_.passed_over;
  if (IsMostlyRejected(rejected_, rows_wanted)) {
    return Fail(ErrorCode::malformed_input,
                std::to_string(rejected_) + " of " + std::to_string(rows_wanted) +
                    " rows are no rows of this format (mostly: " + CommonestReason(snapshot_) +
                    "): the file is something else, check the feed's URL and format");
  }
  MergeEqualIndicators(snapshot_.observations);
  return std::move(snapshot_);
}

tl::unexpected<policy::Error> TooManyRows(std::size_t rows_max) {
  return Fail(ErrorCode::exhausted, "the file has more than " + std::to_string(rows_max) +
                                        " rows: raise the feed's cap if that is right");
}

Observation SeenAt(policy::Indicator indicator, policy::TimePoint time) {
  return {.indicator = std::move(indicator),
          .first_seen = time,
          .last_seen = time,
          .valid_until = std::nullopt,
          .confidence = std::nullopt,
          .threat = policy::ThreatType::unknown,
          .online = std::nullopt,
          .malware = {},
          .tags = {},
          .reference = {}};
}

}  // namespace agent::feeds
