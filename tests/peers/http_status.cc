#include "tests/peers/http_status.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <charconv>

#include "platform/file_descriptor.h"

namespace peers {
namespace {

sockaddr_in AddressOf(const std::string& text, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  inet_pton(AF_INET, text.c_str(), &address.sin_addr);
  return address;
}

}  // namespace

int HttpStatus(std::uint16_t port, const std::string& request, const std::string& source) {
  const platform::FileDescriptor fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval timeout{20, 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  const sockaddr_in from = AddressOf(source, 0);
  const sockaddr_in to = AddressOf("127.0.0.1", port);
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0 ||
      connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 ||
      send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
          static_cast<ssize_t>(request.size())) {
    return 0;
  }
  std::string head;
  std::array<char, 1024> buffer;
  while (head.size() < 12) {
    const auto got = recv(fd.get(), buffer.data(), buffer.size(), 0);
    if (got <= 0) return 0;
    head.append(buffer.data(), static_cast<std::size_t>(got));
  }
  int status = 0;
  std::from_chars(head.data() + 9, head.data() + 12, status);
  return head.starts_with("HTTP/1.") ? status : 0;
}

}  // namespace peers
