#pragma once

#include <sys/socket.h>

#include <optional>
#include <string>
#include <string_view>

namespace platform {

// Whether a feed on the Internet may live at this address. No for all special-purpose ranges of the
// IANA registries (RFC 6890: loopback, private, link-local, shared, documentation, multicast ...),
// for IPv6 forms that carry such an IPv4 address (mapped, NAT64, 6to4), for Teredo, and for the
// metadata services of clouds. Sockets other than IPv4 and IPv6: no.
bool IsPublicAddress(const sockaddr& address);

// The same for "10.0.0.1" or "::1"; nothing if the text is no address.
std::optional<bool> IsPublicAddress(std::string_view text);

std::string FormatAddress(const sockaddr& address);

}  // namespace platform
