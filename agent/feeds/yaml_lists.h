#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "agent/feeds/feed_snapshot.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::feeds {

struct YamlOptions {
  // The keys whose values are indicators, wherever in the document they are.
  std::vector<std::string> keys{"domains", "hostnames", "ips", "urls"};
  // A key beside or around them whose value names the malware; empty for none.
  std::string malware;
};

// Reads a collection of indicators that its maintainers keep in YAML: of each of `keys` the text,
// or the texts of the list that is its value. Each is a row, read as in a plain list.
//
// config/yaml.h says which YAML: what it refuses, too large or too deep, is `malformed_input` here.
// The collection knows no times: what it holds was seen at `fetched_at`.
policy::Result<FeedSnapshot> ParseYamlLists(std::string_view bytes, policy::TimePoint fetched_at,
                                            std::size_t rows_max, const YamlOptions& options = {});

}  // namespace agent::feeds
