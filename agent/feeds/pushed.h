#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "agent/feeds/registry.h"
#include "policy/observation.h"

namespace agent::feeds {

// One row that somebody pushed.
struct PushedRow {
  policy::Observation seen;
  bool is_detection = false;  // of our own sensors: sightings add up
  bool withdrawn = false;     // whoever said it takes it back
  std::string by;             // the caller's name
};

// A row as one line of JSON, with its end; and back, `corrupt` if it is none.
std::string LineOf(const PushedRow& row);
policy::Result<PushedRow> ReadPushedRow(std::string_view line);

// All that was pushed to one feed and still counts, at most one row an indicator. A value.
//
// The document is JSON, one object a line: first
//   {"sekisho":"pushed 1","spool":"...","applied":7}
// then the rows, in the order of their indicators.
class PushedRows {
 public:
  // `corrupt` if the text is no such document.
  static policy::Result<PushedRows> Read(std::string_view document);
  std::string Document() const;

  // The later row replaces the earlier one, but for the earliest first seen; of detections, which
  // may come out of order, the latest last seen stays and sightings add up.
  void Apply(PushedRow row);
  // Drops what is not valid any more, or was last seen longer ago than `retention`; then the oldest
  // beyond `rows_max`. Says whether there was any.
  bool Forget(policy::TimePoint now, std::chrono::seconds retention, std::size_t rows_max);

  FeedSnapshot Snapshot() const;

  // The last batch that is in it, of this spool.
  std::string spool_id;
  std::uint64_t applied = 0;

 private:
  std::map<policy::Indicator, PushedRow> rows_;
};

struct PushSettings {
  std::chrono::seconds retention{std::chrono::hours(24 * 90)};  // since last seen
  std::size_t rows_max = 1'000'000;
  std::function<policy::TimePoint()> now;
};

// Format "push": what analysts and tools send through the API's Observe. It has no URL; its
// collector merges what waits in the spool into the document. Keys: `retention`, `rows_max`.
FeedFormat MakePush(const config::Node& source);

Collector CollectPushed(std::shared_ptr<Spool> spool, PushSettings settings);

// Reads the document of PushedRows, which has its own times.
policy::Result<FeedSnapshot> ParsePushed(std::string_view bytes, policy::TimePoint fetched_at,
                                         std::size_t rows_max);

}  // namespace agent::feeds
