#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/feeds/feed_snapshot.h"
#include "policy/observation.h"
#include "policy/result.h"

namespace agent::feeds {

// Gathers the rows of a file as a parser finds them, and judges at the end whether it was a feed at
// all. One use each; not thread-safe.
class SnapshotBuilder {
 public:
  explicit SnapshotBuilder(std::size_t rows_max) : rows_max_(rows_max) {}

  void Add(policy::Observation observation);
  // `reason` is the class that is counted, a literal; `detail` what is wrong with this very row.
  void Reject(std::size_t line, std::string_view reason, std::string_view detail = {});
  // Counts a row of the class `what`, a literal: see FeedSnapshot::context.
  void KeepAsContext(std::string_view what);
  // Counts a row that is not wanted, by the class of `why`, a literal.
  void PassOver(std::string_view why);

  // Counts and shows like Reject what is well formed but not wanted of this file: it says nothing
  // against the file.
  void Decline(std::size_t line, std::string_view reason, std::string_view detail = {});

  // Notes the time of a row that may be no observation: see FeedSnapshot::newest_row.
  void NoteTime(policy::TimePoint time);

  // More than `rows_max` rows have come: a parser may stop, Finish will fail.
  bool full() const { return snapshot_.rows_total > rows_max_; }
  std::uint64_t rows_total() const { return snapshot_.rows_total; }

  // Merges observations of the same indicator: the widest span of time, and of the rest what the
  // newest says. Fails with `exhausted` if there were too many rows, and with `malformed_input` if
  // most were rejected, since the file is then something else than what it should be.
  policy::Result<FeedSnapshot> Finish() &&;

 private:
  std::size_t rows_max_;
  FeedSnapshot snapshot_;
  std::uint64_t rejected_ = 0;
};

// Whether so many of the rows were rejected that the file can't be what it should be.
bool IsMostlyRejected(std::uint64_t rejected, std::uint64_t rows_total);

// `exhausted`: how a file of more than `rows_max` rows is refused.
tl::unexpected<policy::Error> TooManyRows(std::size_t rows_max);

// What a list without any times says of `indicator`: that it was there at `time`.
policy::Observation SeenAt(policy::Indicator indicator, policy::TimePoint time);

}  // namespace agent::feeds
