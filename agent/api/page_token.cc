#include "agent/api/page_token.h"

#include <algorithm>
#include <charconv>

#include "platform/encoding.h"
#include "policy/digest.h"

namespace agent::api {
namespace {

constexpr std::size_t fingerprint_size = 16;

std::string FingerprintOf(std::string_view query) {
  return policy::ToHex(policy::Sha256Of(query)).substr(0, fingerprint_size);
}

// Reads " 80 -7": each number after one blank, nothing else.
bool ReadNumbers(std::string_view text, std::vector<std::int64_t>& numbers) {
  while (!text.empty()) {
    if (text.front() != ' ') return false;
    text.remove_prefix(1);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return false;
    numbers.push_back(number);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  }
  return true;
}

}  // namespace

std::string WritePageToken(std::string_view query, const std::vector<std::int64_t>& cursor) {
  std::string text = FingerprintOf(query);
  for (const std::int64_t number : cursor) text += " " + std::to_string(number);
  return platform::ToBase64Url(text);
}

policy::Result<std::vector<std::int64_t>> ReadPageToken(std::string_view token,
                                                        std::string_view query, std::size_t size) {
  const auto text = platform::FromBase64Url(token);
  std::vector<std::int64_t> numbers;
  if (!text || text->size() < fingerprint_size ||
      !ReadNumbers(std::string_view(*text).substr(fingerprint_size), numbers) ||
      numbers.size() != size || WritePageToken(query, numbers) != token) {
    return policy::Fail(policy::ErrorCode::malformed_input,
                        "the page token is not one that this query gave; start at the first page");
  }
  return numbers;
}

std::size_t PageLimit(std::uint32_t wanted, std::size_t by_default, std::size_t limit_max) {
  return wanted == 0 ? by_default : std::min<std::size_t>(wanted, limit_max);
}

}  // namespace agent::api
