#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/result.h"

namespace agent::feeds {

// A word of a STIX pattern. Keywords are words, in upper case; what is one is for the grammar to
// say, since a property may bear the name of one.
struct StixToken {
  enum class Kind : std::uint8_t {
    word,    // letters, digits, "_" and "-"
    symbol,  // "[", "!=", ":" ...
    string,
    integer,
    real,
    timestamp,  // t'...'
    hex,        // h'...'
    binary,     // b'...'
    end,
  };
  Kind kind;
  std::size_t column;  // from 1, in octets
  std::string text;    // of literals: what is between the quotes, escapes undone
};

// Cuts a pattern into its words, the last of which is `end`. Fails with `malformed_input`, naming
// the column.
policy::Result<std::vector<StixToken>> LexStixPattern(std::string_view pattern);

// "at column 14: ..."
tl::unexpected<policy::Error> FailAtColumn(std::size_t column, std::string_view what);

}  // namespace agent::feeds
