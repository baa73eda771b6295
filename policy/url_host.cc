#include "policy/url_host.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <vector>

#include "policy/ascii.h"
#include "policy/idna.h"
#include "policy/quote.h"

namespace policy {
namespace {

std::string PercentDecoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && HexValue(text[i + 1]) >= 0 &&
        HexValue(text[i + 2]) >= 0) {
      out += static_cast<char>(HexValue(text[i + 1]) * 16 + HexValue(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// "IPv4 number parser": decimal, octal after "0", hexadecimal after "0x"; "0x" alone is 0. Numbers
// beyond 32 bits come back as 2^32, which no caller takes.
std::optional<std::uint64_t> ReadIpv4Number(std::string_view text) {
  if (text.empty()) return std::nullopt;
  unsigned base = 10;
  if (text.starts_with("0x")) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() >= 2 && text.front() == '0') {
    base = 8;
    text.remove_prefix(1);
  }
  constexpr std::uint64_t kTooBig = std::uint64_t{1} << 32;
  std::uint64_t value = 0;
  for (const char c : text) {
    const int digit = HexValue(c);
    if (digit < 0 || static_cast<unsigned>(digit) >= base) return std::nullopt;
    value = std::min(kTooBig, value * base + static_cast<unsigned>(digit));
  }
  return value;
}

std::vector<std::string_view> PartsOf(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t dot = name.find('.');
    parts.push_back(name.substr(0, dot));
    if (dot == std::string_view::npos) return parts;
    name.remove_prefix(dot + 1);
  }
}

// "Ends in a number checker": such a host is an IPv4 address or nothing.
bool EndsInNumber(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  const std::size_t dot = name.rfind('.');
  const std::string_view label = dot == std::string_view::npos ? name : name.substr(dot + 1);
  if (label.empty()) return false;
  if (label.find_first_not_of("0123456789") == std::string_view::npos) return true;
  return ReadIpv4Number(label).has_value();
}

// "IPv4 parser": one to four parts, of which the last fills the octets that are left.
std::optional<std::uint32_t> ReadIpv4(std::string_view name) {
  const auto parts = PartsOf(name);
  if (parts.size() > 4) return std::nullopt;
  std::uint64_t address = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto number = ReadIpv4Number(parts[i]);
    if (!number) return std::nullopt;
    const std::size_t octets = i + 1 < parts.size() ? 1 : 5 - parts.size();
    if (*number >> (8 * octets) != 0) return std::nullopt;
    address = address << (8 * octets) | *number;
  }
  return static_cast<std::uint32_t>(address);
}

// A folded IPv4-mapped address gets its IPv6 form back.
std::string Ipv6Text(const IpPrefix& address) {
  if (address.family() == IpFamily::v6) return address.AddressString();
  const auto v4 = static_cast<unsigned>(address.first());
  std::array<char, 24> text{};
  static_cast<void>(std::snprintf(text.data(), text.size(), "::ffff:%x:%x", v4 >> 16, v4 & 0xffff));
  return text.data();
}

Result<UrlHost> Ipv6Host(std::string_view text) {
  if (!text.ends_with(']') || text.find('/') != std::string_view::npos) {
    return Fail(ErrorCode::malformed_input, Quote(text) + " lacks its closing bracket");
  }
  const std::string_view inside = text.substr(1, text.size() - 2);
  if (inside.find(':') == std::string_view::npos) {
    return Fail(ErrorCode::malformed_input, Quote(text) + " is not an IPv6 address in brackets");
  }
  auto address = IpPrefix::Parse(inside);
  if (!address) return tl::unexpected(address.error());
  std::string canonical = '[' + Ipv6Text(*address) + ']';
  return UrlHost{std::move(canonical), *address};
}

}  // namespace

Result<UrlHost> ParseUrlHost(std::string_view text) {
  if (text.starts_with('[')) return Ipv6Host(text);
  const auto ascii = ToAscii(PercentDecoded(text));
  if (!ascii) return tl::unexpected(ascii.error());
  if (!EndsInNumber(*ascii)) {
    auto domain = Domain::Parse(*ascii);
    if (!domain) return tl::unexpected(domain.error());
    std::string name = domain->name();
    return UrlHost{std::move(name), *std::move(domain)};
  }
  const auto address = ReadIpv4(*ascii);
  if (!address) {
    return Fail(ErrorCode::malformed_input,
                Quote(text) + " ends in a number, but is no IPv4 address in any notation");
  }
  auto prefix = IpPrefix::From(IpFamily::v4, *address, 32);
  if (!prefix) return tl::unexpected(prefix.error());
  std::string canonical = prefix->AddressString();
  return UrlHost{std::move(canonical), *prefix};
}

}  // namespace policy
