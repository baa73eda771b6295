#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "platform/file_descriptor.h"

namespace platform::testing {

// A client that sends exactly the bytes a test tells it to.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    connected_ = ::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }

  bool connected() const { return connected_; }
  bool Send(std::string_view bytes) {
    return ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }

  // Reads until `mark` has come, the server closes, or five seconds pass.
  std::string ReadUntil(std::string_view mark) {
    std::string text;
    std::array<char, 4096> buffer;
    pollfd wanted{fd_.get(), POLLIN, 0};
    while ((mark.empty() || text.find(mark) == std::string::npos) &&
           ::poll(&wanted, 1, 5000) == 1) {
      const ssize_t count = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
      closed_ = count <= 0;
      if (closed_) break;
      text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return text;
  }
  std::string ReadToEnd() { return ReadUntil({}); }
  // Whether the last read met the end of the connection.
  bool closed() const { return closed_; }

 private:
  FileDescriptor fd_;
  bool connected_ = false;
  bool closed_ = false;
};

}  // namespace platform::testing
