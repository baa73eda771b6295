#pragma once

#include "agent/feeds/registry.h"
#include "config/yaml.h"

namespace agent::feeds {

// JSON of any feed, by a mapping: RowMapping's keys, columns being JSON pointers (RFC 6901) within
// a row ("/ioc/value"; "" is the row itself, for a list of strings), and
//
//   rows: /data/items   a JSON pointer to the array or object that holds the rows; "" is the whole
//
// A file without an array or object there is `malformed_input`.
FeedFormat MakeMappedJson(const config::Node& source);

}  // namespace agent::feeds
