#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "policy/result.h"

namespace exporters::rpz {

// An IP address and port. Never a name: a DNS server is not found through DNS.
struct Endpoint {
  std::string address;
  std::uint16_t port = 53;
};

// "192.0.2.53", "192.0.2.53:5353", "[2001:db8::53]:53".
policy::Result<Endpoint> ParseEndpoint(std::string_view text, std::uint16_t default_port);
std::string ToString(const Endpoint& endpoint);

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* generic() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// Whether the endpoint is an address at all.
bool Fill(const Endpoint& endpoint, SocketAddress& address);

// Whether the socket becomes ready for `events` before the deadline; errno says why not.
bool WaitFor(int socket, decltype(pollfd::events) events,
             std::chrono::steady_clock::time_point deadline);

}  // namespace exporters::rpz
