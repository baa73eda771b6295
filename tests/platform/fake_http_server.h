#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace platform::testing {

// A loopback server that answers with exactly the bytes a test tells it to, well-formed or not.
// Each connection runs the script on a thread of its own; the destructor ends them all.
//
//   FakeHttpServer server([](FakeHttpServer::Connection& connection) {
//     connection.ReadHead();
//     connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort");
//   });
class FakeHttpServer {
 public:
  class Connection {
   public:
    Connection(FakeHttpServer& server, int fd) : server_(server), fd_(fd) {}

    // The request up to its empty line; empty if the client went away.
    std::string ReadHead() {
      std::string head;
      for (char c; !head.ends_with("\r\n\r\n") && ::recv(fd_, &c, 1, 0) == 1;) head += c;
      const std::lock_guard lock(server_.mutex_);
      server_.heads_.push_back(head);
      return head;
    }

    // The body of the request with this head; what has come of it if the client went away.
    std::string ReadBody(const std::string& head) {
      const std::size_t at = head.find("Content-Length: ");
      std::size_t left = at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
      std::string body;
      for (char c; left > 0 && ::recv(fd_, &c, 1, 0) == 1; --left) body += c;
      return body;
    }

    // False once the client is gone.
    bool Send(std::string_view bytes) {
      while (!bytes.empty()) {
        const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
      }
      return true;
    }

    // Waits; false at once when the client goes away or the server ends.
    bool Pause(std::chrono::milliseconds duration) {
      pollfd wanted{fd_, POLLIN | POLLRDHUP, 0};
      return ::poll(&wanted, 1, static_cast<int>(duration.count())) == 0 && !server_.stopping_;
    }

    // For a script that speaks TLS over it. Stays the server's to close.
    int fd() const { return fd_; }

   private:
    FakeHttpServer& server_;
    int fd_;
  };

  using Script = std::function<void(Connection&)>;

  explicit FakeHttpServer(Script script) : script_(std::move(script)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("fake HTTP server: cannot listen on 127.0.0.1");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { Accept(); });
  }
  FakeHttpServer(const FakeHttpServer&) = delete;
  FakeHttpServer& operator=(const FakeHttpServer&) = delete;

  ~FakeHttpServer() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    for (const int fd : fds_) ::shutdown(fd, SHUT_RDWR);
    for (std::thread& thread : threads_) thread.join();
    for (const int fd : fds_) ::close(fd);
    ::close(listener_);
  }

  // Answers each request with the same bytes, then closes.
  static Script Always(std::string response) {
    return [response = std::move(response)](Connection& connection) {
      connection.ReadHead();
      connection.Send(response);
    };
  }

  std::uint16_t port() const { return port_; }
  std::string Url(std::string_view path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
  }
  // The heads of the requests that have come so far.
  std::vector<std::string> heads() const {
    const std::lock_guard lock(mutex_);
    return heads_;
  }

 private:
  void Accept() {
    for (int fd; (fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
      fds_.push_back(fd);
      threads_.emplace_back([this, fd] {
        Connection connection(*this, fd);
        script_(connection);
        ::shutdown(fd, SHUT_WR);
      });
    }
  }

  Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::vector<std::string> heads_;
  std::vector<int> fds_;  // of the acceptor's thread, then of the destructor's
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace platform::testing
