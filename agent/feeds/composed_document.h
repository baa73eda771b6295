#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "policy/result.h"

namespace agent::feeds {

// What a collector makes of many answers, for a parser to read and to be kept as last good: on the
// first line a JSON object, whose member "sekisho" names the format, then one JSON value a line.
// So it can be read a line at a time, and holds what the next collection starts from.
struct ComposedDocument {
  nlohmann::json header;
  std::vector<std::string_view> lines;  // of the text that was split
};

// `malformed_input` if `bytes` were not joined for `format`.
policy::Result<ComposedDocument> SplitComposed(std::string_view bytes, std::string_view format);

// `lines` are without line ends.
std::string JoinComposed(std::string_view format, nlohmann::json header,
                         const std::vector<std::string_view>& lines);

}  // namespace agent::feeds
