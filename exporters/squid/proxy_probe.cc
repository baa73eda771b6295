#include "exporters/squid/proxy_probe.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "platform/file_descriptor.h"

namespace exporters::squid {
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

// The response's head, up to its empty line; empty if none came whole.
std::string ReceiveHead(int fd, SteadyTime deadline) {
  std::string head;
  std::array<char, 4096> buffer;
  while (head.size() < kHeadMax) {
    if (!WaitFor(fd, POLLIN, deadline)) return {};
    const auto got = recv(fd, buffer.data(), buffer.size(), 0);
    if (got <= 0) return {};
    head.append(buffer.data(), static_cast<std::size_t>(got));
    const auto end = head.find("\r\n\r\n");
    if (end != head.npos) return head.substr(0, end + 2);
  }
  return {};
}

// Squid's own spelling; nothing that it relays can carry this header in a 403 of its own.
std::string_view SquidError(std::string_view head) {
  constexpr std::string_view name = "\r\nX-Squid-Error: ";
  const auto at = head.find(name);
  if (at == head.npos) return {};
  head.remove_prefix(at + name.size());
  return head.substr(0, head.find_first_of(" \r"));
}

}  // namespace

Answer ProxyProbe::Ask(const std::string& url) const {
  const auto deadline = std::chrono::steady_clock::now() + timeout_;
  const auto fd = Connect(host_, port_, deadline);
  if (!fd.valid()) return Answer::no_answer;
  const auto authority = url.find("://") + 3;
  const std::string host = url.substr(authority, url.find('/', authority) - authority);
  const std::string request = "GET " + url + " HTTP/1.1\r\nHost: " + host +
                              "\r\nCache-Control: only-if-cached\r\nUser-Agent: sekisho-probe\r\n"
                              "Connection: close\r\n\r\n";
  if (!SendAll(fd.get(), request, deadline)) return Answer::no_answer;
  const std::string head = ReceiveHead(fd.get(), deadline);
  if (!head.starts_with("HTTP/1.") || head.size() < 12) return Answer::no_answer;
  if (head.compare(9, 3, "403") != 0) return Answer::let_through;
  return SquidError(head) == error_page_ ? Answer::blocked : Answer::denied;
}

}  // namespace exporters::squid
