#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "policy/domain.h"
#include "policy/ip_prefix.h"
#include "policy/result.h"
#include "policy/url.h"

namespace policy {

// An MD5, SHA-1 or SHA-256 in lower-case hexadecimal. Kept as context: no device here blocks it.
class FileHash {
 public:
  static Result<FileHash> Parse(std::string_view text);
  const std::string& hex() const { return hex_; }
  friend auto operator<=>(const FileHash&, const FileHash&) = default;

 private:
  explicit FileHash(std::string hex) : hex_(std::move(hex)) {}
  std::string hex_;
};

enum class IndicatorKind : std::uint8_t { domain, ip, url, file_hash };

// What an indicator names, in canonical form. The kind is also the scope of a block of it: a
// Domain stands for the name and all below it, an IpPrefix for its addresses, a Url for itself.
using Indicator = std::variant<Domain, IpPrefix, Url, FileHash>;

IndicatorKind KindOf(const Indicator& indicator);

// "domain", "ip", "url", "hash".
std::string_view Name(IndicatorKind kind);
Result<IndicatorKind> ParseKind(std::string_view name);

// The canonical text without its kind: "evil.example", "192.0.2.1/32", "http://evil.example/x".
std::string TextOf(const Indicator& indicator);

// One line of a list's canonical text: kind, space, text. "ip 192.0.2.1/32".
std::string LineOf(const Indicator& indicator);

// Reads text known to be of `kind`; a canonical text reads back as itself.
Result<Indicator> ParseIndicator(IndicatorKind kind, std::string_view text);

// Reads what a person typed or a plain list holds: refangs, then takes a URL if there is a scheme,
// an address or prefix if it is one, a hash by its length, else a domain.
Result<Indicator> GuessIndicator(std::string_view text);

// Reads LineOf's form.
Result<Indicator> ParseLine(std::string_view line);

}  // namespace policy
