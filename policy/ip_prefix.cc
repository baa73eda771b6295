#include "policy/ip_prefix.h"

#include <arpa/inet.h>

#include <cstring>
#include <optional>

#include "policy/ascii.h"
#include "policy/quote.h"

namespace policy {
namespace {

constexpr int kMappedLength = 96;  // ::ffff:0:0/96 holds IPv4 (RFC 4291, 2.5.5.2)

int LengthMax(IpFamily family) {
  return family == IpFamily::v4 ? 32 : 128;
}

// The bits that a prefix of `length` leaves to its hosts.
Uint128 HostMask(IpFamily family, int length) {
  const int host_bits = LengthMax(family) - length;
  return host_bits == 128 ? ~Uint128{0} : (Uint128{1} << host_bits) - 1;
}

// A decimal without sign or leading zero, at most `value_max`; moves `text` past it.
std::optional<int> TakeNumber(std::string_view& text, int value_max) {
  std::size_t size = 0;
  int value = 0;
  while (size < text.size() && size < 3 && IsDigit(text[size])) {
    value = value * 10 + (text[size++] - '0');
  }
  if (size == 0 || value > value_max || (size > 1 && text[0] == '0')) return std::nullopt;
  text.remove_prefix(size);
  return value;
}

// One pass over the text, since feeds hold addresses by the million.
std::optional<Uint128> ReadV4(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  std::uint32_t address = 0;
  for (int octet = 0; octet < 4; ++octet) {
    if (octet > 0 && (at == end || *at++ != '.')) return std::nullopt;
    const char* const begin = at;
    std::uint32_t value = 0;
    while (at != end && at - begin < 3 && IsDigit(*at)) {
      value = value * 10 + static_cast<std::uint32_t>(*at++ - '0');
    }
    const bool leading_zero = at - begin > 1 && *begin == '0';
    if (at == begin || value > 255 || leading_zero) return std::nullopt;
    address = address << 8 | value;
  }
  if (at != end) return std::nullopt;
  return Uint128{address};
}

std::optional<Uint128> ReadV6(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> copy{};
  if (text.size() >= copy.size()) return std::nullopt;
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  std::memcpy(copy.data(), text.data(), text.size());
  std::array<std::uint8_t, 16> octets;
  if (inet_pton(AF_INET6, copy.data(), octets.data()) != 1) return std::nullopt;
  Uint128 address = 0;
  for (const std::uint8_t octet : octets) address = address << 8 | octet;
  return address;
}

void AppendV4(std::string& out, std::uint32_t address) {
  std::array<char, INET_ADDRSTRLEN> text;
  char* at = text.data();
  for (int shift = 24; shift >= 0; shift -= 8) {
    const std::uint32_t octet = address >> shift & 0xff;
    if (octet >= 100) *at++ = static_cast<char>('0' + octet / 100);
    if (octet >= 10) *at++ = static_cast<char>('0' + octet / 10 % 10);
    *at++ = static_cast<char>('0' + octet % 10);
    if (shift > 0) *at++ = '.';
  }
  out.append(text.data(), at);
}

// The first longest run of two or more zero groups, which "::" stands for (RFC 5952, 4.2).
struct ZeroRun {
  std::size_t at = 8;
  std::size_t size = 0;
};

ZeroRun LongestZeroRun(const std::array<unsigned, 8>& groups) {
  ZeroRun longest;
  for (std::size_t i = 0; i < groups.size();) {
    std::size_t end = i;
    while (end < groups.size() && groups[end] == 0) ++end;
    if (end - i >= 2 && end - i > longest.size) longest = {i, end - i};
    i = end + 1;
  }
  return longest;
}

void AppendHex(std::string& out, unsigned group) {
  constexpr std::string_view kHex = "0123456789abcdef";
  bool started = false;
  for (int shift = 12; shift >= 0; shift -= 4) {
    const unsigned digit = group >> shift & 0xf;
    started = started || digit != 0 || shift == 0;
    if (started) out += kHex[digit];
  }
}

void AppendV6(std::string& out, Uint128 address) {
  std::array<unsigned, 8> groups;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    groups[i] = static_cast<unsigned>(address >> (112 - 16 * i) & 0xffff);
  }
  const ZeroRun zeros = LongestZeroRun(groups);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (i == zeros.at) {
      out += "::";
      i += zeros.size - 1;
      continue;
    }
    if (i > 0 && i != zeros.at + zeros.size) out += ':';
    AppendHex(out, groups[i]);
  }
}

bool IsMapped(Uint128 address) {
  return address >> 32 == 0xffff;
}

}  // namespace

Result<IpPrefix> IpPrefix::From(IpFamily family, Uint128 address, int length) {
  if (length < 0 || length > LengthMax(family)) {
    return Fail(ErrorCode::malformed_input, "an address has no prefix of length " +
                                                std::to_string(length) + ": at most " +
                                                std::to_string(LengthMax(family)));
  }
  if (family == IpFamily::v4 && address >> 32 != 0) {
    return Fail(ErrorCode::malformed_input, "an IPv4 address has 32 bits; this one has more");
  }
  if ((address & HostMask(family, length)) != 0) {
    return Fail(ErrorCode::malformed_input,
                "host bits are set beyond /" + std::to_string(length) +
                    ": write the network's first address, or a longer prefix");
  }
  if (family == IpFamily::v6 && length >= kMappedLength && IsMapped(address)) {
    return IpPrefix(IpFamily::v4, address & 0xffffffff, length - kMappedLength);
  }
  return IpPrefix(family, address, length);
}

Result<IpPrefix> IpPrefix::Parse(std::string_view text, HostBits host_bits) {
  const std::size_t slash = text.find('/');
  const std::string_view address_text = text.substr(0, slash);
  const bool v6 = address_text.find(':') != std::string_view::npos;
  const IpFamily family = v6 ? IpFamily::v6 : IpFamily::v4;
  const auto address = v6 ? ReadV6(address_text) : ReadV4(address_text);
  if (!address) {
    return Fail(ErrorCode::malformed_input,
                Quote(text) +
                    " is not an IP address or prefix: write it like 192.0.2.1, "
                    "192.0.2.0/24 or 2001:db8::/32");
  }
  int length = LengthMax(family);
  if (slash != std::string_view::npos) {
    std::string_view rest = text.substr(slash + 1);
    const auto number = TakeNumber(rest, length);
    if (!number || !rest.empty()) {
      return Fail(ErrorCode::malformed_input, Quote(text) +
                                                  " has no valid prefix length: write 0 to " +
                                                  std::to_string(length) + " after the slash");
    }
    length = *number;
  }
  const Uint128 kept =
      host_bits == HostBits::clear ? *address & ~HostMask(family, length) : *address;
  auto prefix = From(family, kept, length);
  if (!prefix) prefix.error().detail = Quote(text) + ": " + prefix.error().detail;
  return prefix;
}

Uint128 IpPrefix::last() const {
  return address_ | HostMask(family_, length_);
}

bool IpPrefix::Contains(const IpPrefix& other) const {
  return family_ == other.family_ && length_ <= other.length_ && first() <= other.first() &&
         other.last() <= last();
}

std::string IpPrefix::AddressString() const {
  std::string out;
  if (family_ == IpFamily::v4) {
    AppendV4(out, static_cast<std::uint32_t>(address_));
  } else {
    AppendV6(out, address_);
  }
  return out;
}

std::string IpPrefix::ToString() const {
  return AddressString() + '/' + std::to_string(static_cast<int>(length_));
}

std::strong_ordering operator<=>(const IpPrefix& a, const IpPrefix& b) {
  if (const auto order = a.family_ <=> b.family_; std::is_neq(order)) return order;
  if (a.address_ != b.address_) {
    return a.address_ < b.address_ ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  return a.length_ <=> b.length_;
}

}  // namespace policy
