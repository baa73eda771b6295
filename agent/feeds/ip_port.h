#pragma once

#include <cstdint>
#include <string_view>

#include "policy/ip_prefix.h"
#include "policy/result.h"

namespace agent::feeds {

// A server as feeds name it. No device here blocks a single port: the address is the indicator,
// the port is for people.
struct IpPort {
  policy::IpPrefix address;  // always a single one
  std::uint16_t port;
};

// 1 to 65535.
policy::Result<std::uint16_t> ParsePort(std::string_view text);

// "192.0.2.1:8080", "[2001:db8::1]:8080".
policy::Result<IpPort> ParseIpPort(std::string_view text);

}  // namespace agent::feeds
