#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace platform {

// The bytes of one connection, in plain text or over TLS. Belongs to one server thread. Failures
// are boost::system::system_error, which ends the connection's coroutine.
class HttpStream {
 public:
  virtual ~HttpStream() = default;
  virtual boost::asio::awaitable<void> Handshake() = 0;
  // At least one byte; 0 at the end of the stream.
  virtual boost::asio::awaitable<std::size_t> Read(boost::asio::mutable_buffer buffer) = 0;
  virtual boost::asio::awaitable<void> Write(std::string_view head, std::string_view body) = 0;
  // Says goodbye, so that the client sees a whole response.
  virtual boost::asio::awaitable<void> ShutDown() = 0;
  // Ends whatever is going on at once.
  virtual void Close() = 0;
  virtual std::string ClientIdentity() const = 0;
};

std::unique_ptr<HttpStream> MakePlainStream(boost::asio::ip::tcp::socket socket);
std::unique_ptr<HttpStream> MakeTlsStream(boost::asio::ip::tcp::socket socket,
                                          std::shared_ptr<boost::asio::ssl::context> context);

}  // namespace platform
