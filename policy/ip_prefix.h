#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "policy/result.h"

namespace policy {

__extension__ using Uint128 = unsigned __int128;

enum class IpFamily : std::uint8_t { v4, v6 };

// What to do with "192.0.2.7/24". A source that means a network may be careless about host bits;
// anywhere else they are a sign that the writer meant something different.
enum class HostBits { refuse, clear };

// An IPv4 or IPv6 prefix (RFC 4632, RFC 4291) with all host bits zero; a single address is a /32
// or /128. IPv4-mapped IPv6 (::ffff:192.0.2.1) is folded to IPv4. Octal, hexadecimal, short forms
// ("10.1"), leading zeros, zone ids and surrounding space are refused.
class IpPrefix {
 public:
  // "192.0.2.1", "192.0.2.0/24", "2001:db8::/32".
  static Result<IpPrefix> Parse(std::string_view text, HostBits host_bits = HostBits::refuse);

  // `address` is in host order, an IPv4 one in the low 32 bits. Fails when `length` is too long or
  // host bits are set.
  static Result<IpPrefix> From(IpFamily family, Uint128 address, int length);

  IpFamily family() const { return family_; }
  int length() const { return length_; }
  int length_max() const { return family_ == IpFamily::v4 ? 32 : 128; }
  bool is_address() const { return length_ == length_max(); }

  Uint128 first() const { return address_; }
  Uint128 last() const;

  bool Contains(const IpPrefix& other) const;

  // The canonical text always carries the length: "192.0.2.1/32", "2001:db8::/32" (RFC 5952).
  std::string ToString() const;
  // The address alone: "192.0.2.1".
  std::string AddressString() const;

  // IPv4 before IPv6, then by address, wider prefixes first.
  friend std::strong_ordering operator<=>(const IpPrefix& a, const IpPrefix& b);
  friend bool operator==(const IpPrefix&, const IpPrefix&) = default;

 private:
  IpPrefix(IpFamily family, Uint128 address, int length)
      : address_(address), family_(family), length_(static_cast<std::uint8_t>(length)) {}
  Uint128 address_;
  IpFamily family_;
  std::uint8_t length_;
};

}  // namespace policy
