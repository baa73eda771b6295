#include "exporters/rpz/tcp_channel.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cerrno>
#include <system_error>

namespace exporters::rpz {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::string LastError() {
  return std::generic_category().message(errno);
}

}  // namespace

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
  if (connect(socket.get(), address.generic(), address.size) != 0 && errno != EINPROGRESS) {
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
  return ReceiveMessage(deadline);
}

Result<std::string> TcpChannel::Next() {
  return ReceiveMessage(steady_clock::now() + timeout_);
}

Result<std::string> TcpChannel::ReceiveMessage(Deadline deadline) {
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
