#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "policy/observation.h"

namespace agent::feeds {

struct RejectedRow {
  std::size_t line;    // from 1
  std::string reason;  // for people: what is wrong with it; untrusted bytes are quoted
};

// All that one file of a feed says, at most one observation an indicator, in the order of the
// indicators: the same rows in another order give the same snapshot.
struct FeedSnapshot {
  std::vector<policy::Observation> observations;
  std::vector<RejectedRow> rejected;                        // the first 100
  std::map<std::string, std::uint64_t> rejected_by_reason;  // all, by class: "not UTF-8"
  std::uint64_t rows_total = 0;                             // rejected and repeated ones included
};

}  // namespace agent::feeds
