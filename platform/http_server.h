#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/http_header.h"
#include "policy/result.h"

namespace platform {

struct HttpServerRequest {
  std::string method;
  std::string path;   // as sent, still percent-encoded; starts with '/', or is "*"
  std::string query;  // as sent, without the '?'
  std::vector<HttpHeader> headers;
  std::string body;
  std::string peer_address;  // "192.0.2.1", "2001:db8::1"
  // First URI, else first DNS name, of the subjectAltName of the verified client certificate; empty
  // if the client showed none.
  std::string client_cert_identity;

  // First header of that name, any case; empty if there is none.
  std::string_view Header(std::string_view name) const { return FindHeader(headers, name); }
};

// A body that is made while it is sent. The server asks for a piece when it can send one, so that
// nothing piles up for a slow client; a client that takes a piece no faster than `write_timeout`,
// or a body without one for `answer_timeout`, ends the connection.
class HttpBody {
 public:
  virtual ~HttpBody() = default;
  // The next piece; an empty one while there is none, nothing at the end. On one of the server's
  // threads, all of whose connections wait for it.
  virtual std::optional<std::string> Next() = 0;
  // `wake` is to be called, from any thread, whenever Next has more to give. Once, before the first
  // Next; it may be called late, and after the server has stopped.
  virtual void Await(std::function<void()> wake) = 0;
};

// The server adds Content-Length, Date and Connection; for HEAD it keeps the body back.
struct HttpServerResponse {
  int status = 200;
  std::vector<HttpHeader> headers;
  std::shared_ptr<const std::string> body;  // null for none; shared, so that a big list costs once
  std::shared_ptr<HttpBody> stream = nullptr;  // instead of `body`; needs HTTP/1.1
};

HttpServerResponse TextResponse(int status, std::string text);

struct HttpServerLimits {
  std::size_t header_size_max = 16 * 1024;
  std::size_t header_count_max = 100;
  std::size_t body_size_max = 1024 * 1024;
  // For a further one the longest idle goes, or else it is closed at once.
  std::size_t connections_max = 10'000;
  std::chrono::milliseconds idle_timeout{60'000};     // between requests
  std::chrono::milliseconds header_timeout{10'000};   // handshake; first to last byte of a head
  std::chrono::milliseconds body_timeout{30'000};     // last byte of the head to that of the body
  std::chrono::milliseconds answer_timeout{120'000};  // for the handler's response
  std::chrono::milliseconds write_timeout{120'000};   // to send it whole
};

// An HTTP/1.1 server for APIs and lists held in memory. Requests that two parsers could read
// differently are refused (RFC 9112 section 11.2).
class HttpServer {
 public:
  // PEM text, not file names. With `client_ca_pem`, a client without a certificate by that CA is
  // refused, unless client_certificate_optional.
  struct Tls {
    std::string certificate_pem;  // leaf first, then the chain
    std::string key_pem;
    std::string client_ca_pem;
    bool client_certificate_optional = false;
  };

  struct Options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  // 0: any free one, see port()
    std::optional<Tls> tls;
    unsigned threads = 2;
    HttpServerLimits limits;
  };

  // Called on the server's threads, several at once. Must be quick: all connections of its thread
  // wait for it. If it throws, the client gets 500 and the log the reason.
  using Handler = std::function<HttpServerResponse(const HttpServerRequest&)>;

  // Sends the response of one request: once, from any thread, at any time, even after the server
  // has stopped. Whoever drops it unused leaves the client waiting until `answer_timeout`.
  using Respond = std::function<void(HttpServerResponse)>;
  // Like Handler, for answers that take a while: it passes `respond` on and returns.
  using DeferringHandler = std::function<void(HttpServerRequest, Respond)>;

  // Listens from when this returns. `unavailable` if the address can't be bound, `malformed_input`
  // if it is none, or if the certificate or key can't be used.
  static policy::Result<std::unique_ptr<HttpServer>> Start(Options options, Handler handler);
  static policy::Result<std::unique_ptr<HttpServer>> StartDeferring(Options options,
                                                                    DeferringHandler handler);

  virtual ~HttpServer() = default;  // stops it
  virtual std::uint16_t port() const = 0;

  // New connections use the new certificate; open ones keep theirs. On failure the old one stays.
  virtual policy::Result<void> ReloadTls(const Tls& tls) = 0;

  // Closes all connections and waits for the threads. Not to be called from the handler.
  virtual void Stop() = 0;
};

}  // namespace platform
