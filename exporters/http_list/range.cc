#include "exporters/http_list/range.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace exporters::http_list {
namespace {

std::optional<std::uint64_t> Number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || rest != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::optional<ByteRange> ReadRange(std::string_view header, std::size_t size) {
  constexpr std::string_view unit = "bytes=";
  if (!header.starts_with(unit)) return std::nullopt;
  header.remove_prefix(unit.size());
  const std::size_t dash = header.find('-');
  if (dash == header.npos) return std::nullopt;
  const std::string_view from = header.substr(0, dash);
  const std::string_view to = header.substr(dash + 1);
  if (from.empty()) {  // the last so many
    const auto last = Number(to);
    if (!last) return std::nullopt;
    const std::size_t count = std::min<std::uint64_t>(*last, size);
    return ByteRange{size - count, count};
  }
  const auto first = Number(from);
  const auto last = to.empty() ? std::optional<std::uint64_t>(UINT64_MAX) : Number(to);
  if (!first || !last || *last < *first) return std::nullopt;
  if (*first >= size) return ByteRange{};
  return ByteRange{*first, std::min<std::uint64_t>(*last, size - 1) - *first + 1};
}

}  // namespace exporters::http_list
