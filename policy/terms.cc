#include "policy/terms.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace policy {

Terms Terms::Of(TimePoint expires, int risk) {
  const std::int64_t seconds = expires.time_since_epoch().count();
  return {static_cast<std::uint32_t>(std::clamp<std::int64_t>(seconds, 0, no_end - 1)),
          static_cast<std::uint8_t>(std::clamp<int>(risk, 0, risk_max))};
}

void PackedTerms::Reserve(std::size_t size) {
  expires_.reserve(size);
  risk_.reserve(size);
}

void PackedTerms::Add(Terms terms) {
  expires_.push_back(terms.expires);
  risk_.push_back(terms.risk);
}

void PackedTerms::AddFrom(const PackedTerms& other, std::size_t begin, std::size_t end) {
  const auto first = static_cast<std::ptrdiff_t>(begin);
  const auto last = static_cast<std::ptrdiff_t>(end);
  expires_.insert(expires_.end(), other.expires_.begin() + first, other.expires_.begin() + last);
  risk_.insert(risk_.end(), other.risk_.begin() + first, other.risk_.begin() + last);
}

void PackedTerms::Set(std::size_t index, Terms terms) {
  expires_[index] = terms.expires;
  risk_[index] = terms.risk;
}

Sha256 DigestOf(const PackedTerms& terms) {
  constexpr std::size_t line_size_max = 16;  // 10 digits, a space, 3 digits, a newline
  constexpr std::size_t part_size = 64 * 1024;
  Sha256Stream digest;
  std::string part(part_size + line_size_max, '\0');
  char* const begin = part.data();
  char* at = begin;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    at = std::to_chars(at, begin + part.size(), terms.expires(i)).ptr;
    *at++ = ' ';
    at = std::to_chars(at, begin + part.size(), static_cast<unsigned>(terms.risk(i))).ptr;
    *at++ = '\n';
    if (at - begin < static_cast<std::ptrdiff_t>(part_size)) continue;
    digest.Add({begin, static_cast<std::size_t>(at - begin)});
    at = begin;
  }
  digest.Add({begin, static_cast<std::size_t>(at - begin)});
  return digest.Finish();
}

}  // namespace policy
