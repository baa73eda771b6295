#include "policy/quote.h"

namespace policy {

std::string Quote(std::string_view bytes) {
  constexpr std::size_t kShownMax = 80;
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : bytes.substr(0, kShownMax)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\') {
      out += c;
      continue;
    }
    out += "\\x";
    out += kHex[byte >> 4];
    out += kHex[byte & 0xf];
  }
  out += bytes.size() > kShownMax ? "...\"" : "\"";
  return out;
}

}  // namespace policy
