#include "exporters/rpz/tcp_channel.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>

namespace exporters::rpz {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

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

std::string LastError() {
  return std::generic_category().message(errno);
}

}  // namespace

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

Result<TcpChannel> TcpChannel::Connect(const Endpoint& endpoint, milliseconds timeout) {
  const std::string peer = ToString(endpoint);
  const auto unreachable = [&](const std::string& why) {
    return Fail(ErrorCode::unavailable,
                fmt::format("no TCP connection to the DNS server {}: {}; does it run, and listen "
                            "there?",
                            peer, why));
  };
  SocketAddress address;
  if (!Fill(endpoint, address)) return unreachable("not an IP address");
  platform::FileDescriptor socket(
      ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return unreachable(LastError());
  const int on = 1;
  setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) !=
          0 &&
      errno != EINPROGRESS) {
    return unreachable(LastError());
  }
  if (!WaitFor(socket.get(), POLLOUT, steady_clock::now() + timeout)) {
    return unreachable(LastError());
  }
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return unreachable(std::generic_category().message(error));
  return TcpChannel(std::move(socket), peer, timeout);
}

Result<std::string> TcpChannel::Exchange(std::string_view wire) {
  const Deadline deadline = steady_clock::now() + timeout_;
  std::string framed{static_cast<char>(wire.size() >> 8), static_cast<char>(wire.size() & 0xff)};
  framed += wire;
  if (auto sent = Send(framed, deadline); !sent) return tl::unexpected(sent.error());
  const auto size = Receive(2, deadline);
  if (!size) return tl::unexpected(size.error());
  return Receive(static_cast<std::size_t>(static_cast<std::uint8_t>((*size)[0])) << 8 |
                     static_cast<std::uint8_t>((*size)[1]),
                 deadline);
}

Result<void> TcpChannel::Send(std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if ((errno != EAGAIN && errno != EINTR) || !WaitFor(socket_.get(), POLLOUT, deadline)) {
      return Fail(ErrorCode::outcome_unknown,
                  fmt::format("the DNS server {} took no message: {}", peer_, LastError()));
    }
  }
  return {};
}

Result<std::string> TcpChannel::Receive(std::size_t size, Deadline deadline) {
  std::string bytes(size, '\0');
  for (std::size_t have = 0; have < size;) {
    const ssize_t got = recv(socket_.get(), bytes.data() + have, size - have, 0);
    if (got > 0) {
      have += static_cast<std::size_t>(got);
    } else if (got == 0) {
      return Fail(ErrorCode::outcome_unknown,
                  fmt::format("the DNS server {} closed the connection without an answer", peer_));
    } else if ((errno != EAGAIN && errno != EINTR) || !WaitFor(socket_.get(), POLLIN, deadline)) {
      return Fail(ErrorCode::outcome_unknown,
                  fmt::format("no answer from the DNS server {}: {}", peer_, LastError()));
    }
  }
  return bytes;
}

}  // namespace exporters::rpz
