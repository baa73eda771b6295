#pragma once

#include "agent/feeds/registry.h"
#include "config/yaml.h"

namespace agent::feeds {

// CSV of any feed, by a mapping of its columns: RowMapping's keys, and
//
//   header: true               the first row names the columns; false: columns are numbers from 1;
//   or
//                              a list of names, where the file has none or they are a comment
//   delimiter: ","             one character; "\t" for tabs
//   comment: "#"               what lines to be skipped start with; "" if none are
//   skip_initial_space: true   whether blanks after a delimiter don't count
//
// A file that has no column of a name is `malformed_input`; a row that is too short to have an
// indicator is rejected.
FeedFormat MakeMappedCsv(const config::Node& source);

}  // namespace agent::feeds
