#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "agent/feeds/csv.h"
#include "agent/feeds/feed_snapshot.h"
#include "agent/feeds/json_rows.h"
#include "agent/feeds/snapshot_builder.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::feeds {

// What the feeds of abuse.ch (https://abuse.ch) have in common: each comes as CSV and as JSON, with
// the same columns under other names. So a feed is one function that takes a row's fields, in the
// order of the CSV's columns, valid UTF-8 and of sane length; absent ones are empty.
using AbuseChRow = std::function<void(std::size_t line, std::span<const std::string> fields,
                                      SnapshotBuilder& builder)>;

struct AbuseChCsv {
  std::size_t columns;
  CsvDialect dialect = {};
  // The first field of a line of names that is no comment; empty if there is none.
  std::string_view header = {};
  // Whether the file always ends with a comment that counts its rows ("Number of entries: N", "END
  // N entries", "END (N) entries"), so that one without it was cut short. One that counts wrongly
  // always makes the file `malformed_input`.
  bool ends_with_count = false;
};

policy::Result<FeedSnapshot> ReadAbuseChCsv(std::string_view bytes, std::size_t rows_max,
                                            const AbuseChCsv& csv, const AbuseChRow& row);

// `keys` are the names of the fields; an empty one stands for the key of the row itself.
policy::Result<FeedSnapshot> ReadAbuseChJson(std::string_view bytes, std::size_t rows_max,
                                             const JsonRowsAt& at,
                                             std::span<const std::string_view> keys,
                                             const AbuseChRow& row);

// Empty for "None", which is how these feeds write that there is nothing.
std::string_view UnlessNone(std::string_view field);

}  // namespace agent::feeds
