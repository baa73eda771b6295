#include "platform/address_guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace platform {
namespace {

struct Range4 {
  std::uint32_t network;
  unsigned length;
};

constexpr std::uint32_t Ip4(unsigned a, unsigned b, unsigned c, unsigned d) {
  return a << 24 | b << 16 | c << 8 | d;
}

// IANA IPv4 Special-Purpose Address Registry, multicast and class E.
constexpr std::array kSpecial4 = {
    Range4{Ip4(0, 0, 0, 0), 8},
    Range4{Ip4(10, 0, 0, 0), 8},
    Range4{Ip4(100, 64, 0, 0), 10},
    Range4{Ip4(127, 0, 0, 0), 8},
    Range4{Ip4(169, 254, 0, 0), 16},
    Range4{Ip4(172, 16, 0, 0), 12},
    Range4{Ip4(192, 0, 0, 0), 24},
    Range4{Ip4(192, 0, 2, 0), 24},
    Range4{Ip4(192, 88, 99, 0), 24},
    Range4{Ip4(192, 168, 0, 0), 16},
    Range4{Ip4(198, 18, 0, 0), 15},
    Range4{Ip4(198, 51, 100, 0), 24},
    Range4{Ip4(203, 0, 113, 0), 24},
    Range4{Ip4(224, 0, 0, 0), 3},
    // Azure's platform service: public by its address, reachable from each of its machines only.
    Range4{Ip4(168, 63, 129, 16), 32},
};

bool IsPublic4(std::uint32_t address) {
  return std::ranges::none_of(kSpecial4, [address](const Range4& range) {
    return (address ^ range.network) >> (32 - range.length) == 0;
  });
}

using Bytes16 = std::array<std::uint8_t, 16>;

std::uint32_t Embedded4(const Bytes16& bytes, std::size_t at) {
  return Ip4(bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]);
}

bool StartsWith(const Bytes16& bytes, std::initializer_list<std::uint8_t> prefix) {
  return std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

bool IsPublic6(const Bytes16& bytes) {
  if (StartsWith(bytes, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}) ||     // mapped
      StartsWith(bytes, {0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0})) {  // NAT64
    return IsPublic4(Embedded4(bytes, 12));
  }
  if (StartsWith(bytes, {0x20, 0x02})) return IsPublic4(Embedded4(bytes, 2));  // 6to4
  if ((bytes[0] & 0xE0) != 0x20) return false;  // only 2000::/3 is global unicast
  if (StartsWith(bytes, {0x20, 0x01}) && bytes[2] < 2)
    return false;                                                 // 2001::/23: Teredo, ORCHID ...
  if (StartsWith(bytes, {0x20, 0x01, 0x0D, 0xB8})) return false;  // documentation
  if (StartsWith(bytes, {0x3F, 0xFF}) && bytes[2] < 0x10) return false;  // 3fff::/20, likewise
  return true;
}

}  // namespace

bool IsPublicAddress(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in in4;
    std::memcpy(&in4, &address, sizeof in4);
    return IsPublic4(ntohl(in4.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 in6;
    std::memcpy(&in6, &address, sizeof in6);
    Bytes16 bytes;
    std::memcpy(bytes.data(), &in6.sin6_addr, bytes.size());
    return IsPublic6(bytes);
  }
  return false;
}

std::optional<bool> IsPublicAddress(std::string_view text) {
  const std::string copy(text);
  in_addr in4;
  if (inet_pton(AF_INET, copy.c_str(), &in4) == 1) return IsPublic4(ntohl(in4.s_addr));
  Bytes16 bytes;
  if (inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1) return IsPublic6(bytes);
  return std::nullopt;
}

std::string FormatAddress(const sockaddr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = nullptr;
  sockaddr_in in4;
  sockaddr_in6 in6;
  if (address.sa_family == AF_INET) {
    std::memcpy(&in4, &address, sizeof in4);
    bytes = &in4.sin_addr;
  } else if (address.sa_family == AF_INET6) {
    std::memcpy(&in6, &address, sizeof in6);
    bytes = &in6.sin6_addr;
  }
  if (bytes == nullptr ||
      inet_ntop(address.sa_family, bytes, text.data(), text.size()) == nullptr) {
    return "an address of another family";
  }
  return text.data();
}

}  // namespace platform
