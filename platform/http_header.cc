#include "platform/http_header.h"

#include <algorithm>

namespace platform {
namespace {

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

bool IsTokenChar(char c) {
  return (c >= '0' && c <= '9') || (Lower(c) >= 'a' && Lower(c) <= 'z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool IsValueChar(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
}

}  // namespace

std::string_view FindHeader(const std::vector<HttpHeader>& headers, std::string_view name) {
  const auto found = std::ranges::find_if(
      headers, [&](const HttpHeader& header) { return EqualIgnoringCase(header.name, name); });
  return found == headers.end() ? std::string_view() : std::string_view(found->value);
}

bool IsValidHeader(const HttpHeader& header) {
  return !header.name.empty() && std::ranges::all_of(header.name, IsTokenChar) &&
         std::ranges::all_of(header.value, IsValueChar);
}

bool NamesEtag(std::string_view if_none_match, std::string_view etag) {
  if (if_none_match == "*") return true;
  for (std::size_t at = if_none_match.find('"'); at != if_none_match.npos;) {
    const std::size_t end = if_none_match.find('"', at + 1);
    if (end == if_none_match.npos) return false;
    if (if_none_match.substr(at, end + 1 - at) == etag) return true;
    at = if_none_match.find('"', end + 1);
  }
  return false;
}

}  // namespace platform
