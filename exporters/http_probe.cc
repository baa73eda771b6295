#include "exporters/http_probe.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "platform/file_descriptor.h"

namespace exporters {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::size_t kHeadMax = 65536;

bool WaitFor(int fd, decltype(pollfd::events) events, SteadyTime deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::steady_clock::now());
  pollfd poll_fd{fd, events, 0};
  return left.count() > 0 && poll(&poll_fd, 1, static_cast<int>(left.count())) > 0;
}

platform::FileDescriptor Connect(const std::string& host, std::uint16_t port, SteadyTime deadline) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return {};
  platform::FileDescriptor fd(
      socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const bool started = fd.valid() && (connect(fd.get(), found->ai_addr, found->ai_addrlen) == 0 ||
                                      errno == EINPROGRESS);
  freeaddrinfo(found);
  int error = 0;
  socklen_t size = sizeof error;
  if (!started || !WaitFor(fd.get(), POLLOUT, deadline) ||
      getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
    return {};
  }
  return fd;
}

bool SendAll(int fd, std::string_view bytes, SteadyTime deadline) {
  while (!bytes.empty()) {
    const auto sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if ((errno != EAGAIN && errno != EINTR) || !WaitFor(fd, POLLOUT, deadline)) {
      return false;
    }
  }
  return true;
}

// The response's head, up to its empty line; empty if the server hung up.
std::optional<std::string> ReceiveHead(int fd, SteadyTime deadline) {
  std::string head;
  std::array<char, 4096> buffer;
  while (head.size() < kHeadMax) {
    if (!WaitFor(fd, POLLIN, deadline)) return std::nullopt;
    const auto got = recv(fd, buffer.data(), buffer.size(), 0);
    if (got <= 0) return std::string();
    head.append(buffer.data(), static_cast<std::size_t>(got));
    const auto end = head.find("\r\n\r\n");
    if (end != head.npos) return head.substr(0, end + 2);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> AskForHead(const std::string& host, std::uint16_t port,
                                      std::string_view request, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  const auto fd = Connect(host, port, deadline);
  if (!fd.valid() || !SendAll(fd.get(), request, deadline)) return std::nullopt;
  return ReceiveHead(fd.get(), deadline);
}

std::string_view StatusOf(std::string_view head) {
  return head.starts_with("HTTP/1.") && head.size() >= 12 ? head.substr(9, 3) : "";
}

}  // namespace exporters
