#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "policy/result.h"

namespace agent::feeds {

// The tokens of a JSON pointer (RFC 6901), unescaped: "/a~1b/0" is {"a/b", "0"}, "" is the whole.
using JsonPath = std::vector<std::string>;
policy::Result<JsonPath> ParseJsonPointer(std::string_view text);

// Where in a document its rows are.
struct JsonRowsAt {
  JsonPath path;  // of an array or object, whose elements or members are the rows
  // Those of them that are arrays hold rows in their turn: {"id": [row], "id": [row]}.
  bool are_grouped = false;
};

// What ReadJsonRows finds. `number` counts rows from 1; references are good during the call.
class JsonSink {
 public:
  virtual ~JsonSink() = default;
  // `key` is the name of the row, or of its group, where it is a member of an object.
  virtual void Row(std::size_t number, std::string_view key, const nlohmann::json& row) = 0;
  virtual void Broken(std::size_t number, std::string_view reason) = 0;  // a literal
  virtual bool full() const = 0;  // wants no more: reading ends, as if the document did
};

// Reads a document row by row, so that it takes the memory of one row, not that of all. A row of
// more than 10 000 values is Broken. Fails with `malformed_input` if the text is no JSON, if it is
// nested deeper than 64, or if there is no array or object at the path. Rows that came before the
// failure have been handed over: drop them.
policy::Result<void> ReadJsonRows(std::string_view text, const JsonRowsAt& at, JsonSink& sink);

// The value within `row` at `path`; null if there is none.
const nlohmann::json* FindInJson(const nlohmann::json& row, const JsonPath& path);

// A value as CSV would have it: text and numbers as they are, "true" or "false", nothing for null
// and for an object, the elements of an array with commas between.
std::string TextOfJson(const nlohmann::json& value);

}  // namespace agent::feeds
