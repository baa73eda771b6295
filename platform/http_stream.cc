#include "platform/http_stream.h"

#include <openssl/x509v3.h>

#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "platform/openssl_handles.h"

namespace platform {
namespace {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;

struct NamesFree {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

// Empty for a name with a NUL in it, the old trick to be taken for another.
std::string Text(const ASN1_IA5STRING& string) {
  std::string text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(&string)),
                   static_cast<std::size_t>(ASN1_STRING_length(&string)));
  return text.find('\0') == std::string::npos ? text : std::string();
}

std::string FirstName(const GENERAL_NAMES& names, int type) {
  for (int i = 0; i < sk_GENERAL_NAME_num(&names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(&names, i);
    if (name->type == type) return Text(*name->d.ia5);
  }
  return {};
}

std::string IdentityOf(const X509& certificate) {
  const std::unique_ptr<GENERAL_NAMES, NamesFree> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  if (!names) return {};
  std::string uri = FirstName(*names, GEN_URI);
  return uri.empty() ? FirstName(*names, GEN_DNS) : uri;
}

template <class Stream>
asio::awaitable<std::size_t> ReadSome(Stream& stream, asio::mutable_buffer buffer) {
  boost::system::error_code error;
  const std::size_t count =
      co_await stream.async_read_some(buffer, asio::redirect_error(asio::use_awaitable, error));
  co_return error ? 0 : count;
}

template <class Stream>
asio::awaitable<void> WriteBoth(Stream& stream, std::string_view head, std::string_view body) {
  const std::array<asio::const_buffer, 2> buffers = {asio::buffer(head.data(), head.size()),
                                                     asio::buffer(body.data(), body.size())};
  co_await asio::async_write(stream, buffers, asio::use_awaitable);
}

// Closing while the client still sends would make the kernel reset the connection, and the reset
// overtakes the response (RFC 9112 section 9.6). The caller's timeout bounds the wait.
asio::awaitable<void> Linger(Tcp::socket& socket) {
  boost::system::error_code error;
  socket.shutdown(Tcp::socket::shutdown_send, error);
  std::array<char, 4096> rest;
  for (std::size_t total = 0; !error && total < 1024 * 1024;) {
    total += co_await socket.async_read_some(asio::buffer(rest),
                                             asio::redirect_error(asio::use_awaitable, error));
  }
}

class PlainStream final : public HttpStream {
 public:
  explicit PlainStream(Tcp::socket socket) : socket_(std::move(socket)) {}

  asio::awaitable<void> Handshake() override { co_return; }
  asio::awaitable<std::size_t> Read(asio::mutable_buffer buffer) override {
    return ReadSome(socket_, buffer);
  }
  asio::awaitable<void> Write(std::string_view head, std::string_view body) override {
    return WriteBoth(socket_, head, body);
  }
  asio::awaitable<void> ShutDown() override { return Linger(socket_); }
  void Close() override {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }
  std::string ClientIdentity() const override { return {}; }

 private:
  Tcp::socket socket_;
};

class TlsStream final : public HttpStream {
 public:
  TlsStream(Tcp::socket socket, std::shared_ptr<asio::ssl::context> context)
      : context_(std::move(context)), stream_(std::move(socket), *context_) {}

  asio::awaitable<void> Handshake() override {
    co_await stream_.async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
  }
  asio::awaitable<std::size_t> Read(asio::mutable_buffer buffer) override {
    return ReadSome(stream_, buffer);
  }
  asio::awaitable<void> Write(std::string_view head, std::string_view body) override {
    return WriteBoth(stream_, head, body);
  }
  asio::awaitable<void> ShutDown() override {
    // Sends our close_notify without waiting for the client's, which many never send.
    SSL_set_shutdown(Native(), SSL_RECEIVED_SHUTDOWN);
    boost::system::error_code error;
    co_await stream_.async_shutdown(asio::redirect_error(asio::use_awaitable, error));
    co_await Linger(stream_.next_layer());
  }
  void Close() override {
    boost::system::error_code ignored;
    stream_.next_layer().close(ignored);
  }
  std::string ClientIdentity() const override {
    const CertificatePtr certificate(SSL_get1_peer_certificate(Native()));
    if (!certificate || SSL_get_verify_result(Native()) != X509_V_OK) return {};
    return IdentityOf(*certificate);
  }

 private:
  SSL* Native() const { return const_cast<TlsStream*>(this)->stream_.native_handle(); }

  std::shared_ptr<asio::ssl::context> context_;
  asio::ssl::stream<Tcp::socket> stream_;
};

}  // namespace

std::unique_ptr<HttpStream> MakePlainStream(Tcp::socket socket) {
  return std::make_unique<PlainStream>(std::move(socket));
}

std::unique_ptr<HttpStream> MakeTlsStream(Tcp::socket socket,
                                          std::shared_ptr<asio::ssl::context> context) {
  return std::make_unique<TlsStream>(std::move(socket), std::move(context));
}

}  // namespace platform
