#include "exporters/rpz/udp_exchange.h"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

#include "platform/file_descriptor.h"

namespace exporters::rpz {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;

Result<std::string> ExchangeByUdp(const Endpoint& endpoint, std::string_view wire,
                                  std::chrono::milliseconds timeout) {
  const auto silent = [&] {
    return Fail(ErrorCode::unavailable,
                fmt::format("no answer over UDP from the DNS server {}: {}", ToString(endpoint),
                            std::generic_category().message(errno)));
  };
  SocketAddress address;
  if (!Fill(endpoint, address)) {
    errno = EADDRNOTAVAIL;
    return silent();
  }
  const platform::FileDescriptor socket(
      ::socket(address.storage.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  // Connected, it takes nothing from anybody else.
  if (!socket.valid() || connect(socket.get(), address.generic(), address.size) != 0 ||
      send(socket.get(), wire.data(), wire.size(), 0) < 0 ||
      !WaitFor(socket.get(), POLLIN, std::chrono::steady_clock::now() + timeout)) {
    return silent();
  }
  std::string bytes(65'535, '\0');
  const ssize_t size = recv(socket.get(), bytes.data(), bytes.size(), 0);
  if (size < 0) return silent();
  bytes.resize(static_cast<std::size_t>(size));
  return bytes;
}

}  // namespace exporters::rpz
