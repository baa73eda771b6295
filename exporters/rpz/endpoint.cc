#include "exporters/rpz/endpoint.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>

namespace exporters::rpz {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

bool Fill(const Endpoint& endpoint, SocketAddress& address) {
  sockaddr_in v4{};
  if (inet_pton(AF_INET, endpoint.address.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    std::memcpy(&address.storage, &v4, sizeof v4);
    address.size = sizeof v4;
    return true;
  }
  sockaddr_in6 v6{};
  if (inet_pton(AF_INET6, endpoint.address.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(endpoint.port);
    std::memcpy(&address.storage, &v6, sizeof v6);
    address.size = sizeof v6;
    return true;
  }
  return false;
}

// Whether the socket becomes ready for `events` before the deadline; errno says why not.
bool WaitFor(int socket, decltype(pollfd::events) events, steady_clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    pollfd item{socket, events, 0};
    const int ready =
        poll(&item, 1, static_cast<int>(std::max<milliseconds::rep>(0, left.count())));
    if (ready > 0) return true;
    if (ready == 0) {
      errno = ETIMEDOUT;
      return false;
    }
    if (errno != EINTR) return false;
  }
}

Result<Endpoint> ParseEndpoint(std::string_view text, std::uint16_t default_port) {
  Endpoint endpoint{std::string(text), default_port};
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    endpoint.address = text.substr(1, close == text.npos ? 0 : close - 1);
    const std::string_view rest = close == text.npos ? "" : text.substr(close + 1);
    if (!rest.empty() && rest[0] != ':') endpoint.address.clear();
    port = rest.substr(rest.empty() ? 0 : 1);
  } else if (const std::size_t colon = text.find(':');
             colon != text.npos && colon == text.rfind(':')) {
    endpoint.address = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  if (!port.empty()) {
    const auto [end, error] = std::from_chars(port.begin(), port.end(), endpoint.port);
    if (error != std::errc{} || end != port.end() || endpoint.port == 0) endpoint.address.clear();
  }
  SocketAddress ignored;
  if (!Fill(endpoint, ignored)) {
    return Fail(ErrorCode::malformed_input,
                "must be an IP address with or without a port: 192.0.2.53:53, [2001:db8::53]:53");
  }
  return endpoint;
}

std::string ToString(const Endpoint& endpoint) {
  const bool is_v6 = endpoint.address.find(':') != std::string::npos;
  return is_v6 ? fmt::format("[{}]:{}", endpoint.address, endpoint.port)
               : fmt::format("{}:{}", endpoint.address, endpoint.port);
}

}  // namespace exporters::rpz
