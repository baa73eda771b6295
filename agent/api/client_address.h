#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "platform/http_server.h"
#include "policy/ip_prefix.h"

namespace agent::api {

// The reverse proxies that stand before the page, and the one header by which they say for whom.
struct TrustedProxies {
  std::vector<policy::IpPrefix> addresses;
  enum class By : std::uint8_t { x_forwarded_for, forwarded } by = By::x_forwarded_for;
};

// The address that a request comes from: the peer's own unless that is a trusted proxy; then the
// one that the proxy names, and so on. Each proxy adds at the end, so that what a client wrote
// there itself is never reached: reading ends at the first address that is no trusted proxy's, and
// before anything that is no address ("unknown", "_hidden").
std::string ClientAddress(const platform::HttpServerRequest& request,
                          const TrustedProxies& proxies);

}  // namespace agent::api
