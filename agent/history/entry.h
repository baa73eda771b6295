#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "policy/result.h"
#include "policy/time.h"

namespace agent::history {

using policy::Result;

struct Entry {
  std::uint64_t index = 0;
  policy::TimePoint at;
  std::string actor;
  std::string action;
  std::string subject;
  std::string detail;  // a JSON object, or "" for none
};

// The leaf, as docs/history_format.md defines it: one line of JSON with its keys in a fixed order.
// Bytes that are not UTF-8 become U+FFFD. `malformed_input` if the detail is no JSON object, or is
// nested more than 32 deep.
Result<std::string> LeafOf(const Entry& entry);

// Reads a leaf. `malformed_input` for anything that LeafOf can't have written.
Result<Entry> ParseLeaf(std::string_view leaf);

// The index a leaf claims, without reading the rest; for verifying millions of them.
Result<std::uint64_t> IndexOf(std::string_view leaf);

}  // namespace agent::history
