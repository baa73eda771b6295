#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace exporters::http_list {

// Of a body, in bytes. `size` 0 for a range that lies beyond it (416).
struct ByteRange {
  std::size_t first = 0;
  std::size_t size = 0;
};

// What a Range header asks of a body of `size` bytes (RFC 9110, section 14.1.2). Nothing, and so
// the whole, for none, for more than one, and for what is not well-formed, as that allows.
std::optional<ByteRange> ReadRange(std::string_view header, std::size_t size);

}  // namespace exporters::http_list
