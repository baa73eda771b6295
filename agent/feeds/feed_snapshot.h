#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "policy/observation.h"
#include "policy/time.h"

namespace agent::feeds {

struct RejectedRow {
  std::size_t line;    // from 1; in JSON, which has no lines of its own, the number of the row
  std::string reason;  // for people: what is wrong with it; untrusted bytes are quoted
};

// All that one file of a feed says, at most one observation an indicator, in the order of the
// indicators: the same rows in another order give the same snapshot.
struct FeedSnapshot {
  std::vector<policy::Observation> observations;
  std::vector<RejectedRow> rejected;                        // the first 100
  std::map<std::string, std::uint64_t> rejected_by_reason;  // all, by class: "not UTF-8"
  // Good rows of what no network device blocks, by class: "certificate hashes". No failure, and
  // nothing to enforce; who looks into an incident finds them in the last good file.
  std::map<std::string, std::uint64_t> context;
  // Good rows that the feed's authors or its configuration do not want to be used.
  std::uint64_t passed_over = 0;
  std::map<std::string, std::uint64_t> passed_over_by_reason;
  // The newest time of any row, where withdrawals are rows too: a file whose newest row withdraws
  // something is not older than the one before.
  std::optional<policy::TimePoint> newest_row;
  std::uint64_t rows_total = 0;  // all of the above and repeated ones included
};

}  // namespace agent::feeds
