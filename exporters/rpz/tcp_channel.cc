#include "exporters/rpz/tcp_channel.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cerrno>
#include <map>
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

// A message as it goes over TCP: its size, then itself.
std::string Framed(std::string_view wire) {
  std::string framed{static_cast<char>(wire.size() >> 8), static_cast<char>(wire.size() & 0xff)};
  framed += wire;
  return framed;
}

std::string IdOf(std::string_view wire) {
  return std::string(wire.substr(0, 2));
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
  if (auto sent = Send(Framed(wire), deadline); !sent) return tl::unexpected(sent.error());
  return ReceiveMessage(deadline);
}

Result<std::vector<std::string>> TcpChannel::ExchangeAll(const std::vector<std::string>& wires) {
  const Deadline deadline = steady_clock::now() + timeout_;
  std::vector<std::string> answers(wires.size());
  for (std::size_t next = 0; next < wires.size();) {
    // Answers are told apart by their IDs: one that repeats has to wait for the answer before.
    std::map<std::string, std::size_t> waiting;
    std::string framed;
    for (; next < wires.size() && waiting.emplace(IdOf(wires[next]), next).second; ++next) {
      framed += Framed(wires[next]);
    }
    if (auto sent = Send(framed, deadline); !sent) return tl::unexpected(sent.error());
    while (!waiting.empty()) {
      auto message = ReceiveMessage(deadline);
      if (!message) return tl::unexpected(message.error());
      const auto question = waiting.find(IdOf(*message));
      if (question == waiting.end()) {
        return Fail(ErrorCode::outcome_unknown,
                    fmt::format("the DNS server {} answers what it was not asked", peer_));
      }
      answers[question->second] = *std::move(message);
      waiting.erase(question);
    }
  }
  return answers;
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
