#include "platform/url_query.h"

#include "platform/encoding.h"

namespace platform {
namespace {

std::string Decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte =
        text[i] == '%' && i + 2 < text.size() ? FromHex(text.substr(i + 1, 2)) : FromHex("");
    if (byte && !byte->empty()) {
      decoded += *byte;
      i += 2;
    } else {
      decoded += text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> ReadUrlQuery(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> fields;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view part = query.substr(0, end);
    query.remove_prefix(end == query.npos ? query.size() : end + 1);
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    const std::string_view value =
        equals == part.npos ? std::string_view() : part.substr(equals + 1);
    fields.emplace_back(Decoded(part.substr(0, equals)), Decoded(value));
  }
  return fields;
}

}  // namespace platform
