#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "platform/http_header.h"
#include "policy/result.h"

namespace platform {

enum class HttpMethod : std::uint8_t { get, post };

struct HttpRequest {
  std::string url;  // http or https; file with allow_file. Never with a user or password in it.

  // Only a POST has a body. It goes to the origin of `url` only: a redirect that would carry it to
  // another one is refused, and one that asks for a GET (301, 302, 303: RFC 9110, 15.4) drops it.
  HttpMethod method = HttpMethod::get;
  std::string body;
  std::string content_type;

  // Sent to the origin of `url` only: after a redirect to another scheme, host or port these
  // headers, the user and the bearer token stay behind.
  std::vector<HttpHeader> headers;
  std::string user;
  std::string password;
  std::string bearer_token;

  // From the last response, for 304 Not Modified; empty for none.
  std::string etag;
  std::string last_modified;

  std::chrono::milliseconds deadline{60'000};    // for everything, name look-up to last byte
  std::size_t body_size_max = 64 * 1024 * 1024;  // bytes, after decompression
  int redirects_max = 5;
  bool allow_private_addresses = false;  // loopback, RFC 1918, link-local, metadata ...
  bool allow_file = false;
  std::filesystem::path ca_file;  // PEM; empty for the system's CAs
  // By which we show who we are: PEM files without a passphrase; both or neither. Shown to the
  // origin of `url` only.
  std::filesystem::path client_certificate;
  std::filesystem::path client_key;

  // "http://host:port"; empty for none (the environment's proxy variables are ignored). Through a
  // proxy only it knows the address it connects to, so keeping away from private ones is its job.
  std::string proxy;

  std::stop_token stop;  // ends the request early, with `unavailable`, within about a second
};

struct HttpResponse {
  int status = 0;  // any, 304 and 5xx included: the caller judges
  std::string body;
  std::string etag;
  std::string last_modified;
  std::string content_type;
  std::string retry_after;
  std::string date;                 // the server's own clock
  std::string final_url;            // after redirects
  std::vector<HttpHeader> headers;  // all of them, for those that only one protocol knows
};

class HttpClient {
 public:
  virtual ~HttpClient() = default;

  // Makes the request and gives the whole response; never hands out part of one. Fails with
  //   malformed_input  the URL, a header or the response breaks its format
  //   not_allowed      a rule forbids it: scheme, private address, https to http, certificate
  //   exhausted        deadline, body, header or redirect cap reached
  //   unavailable      no connection, or the body ended early
  //   not_found        a file URL names nothing
  virtual policy::Result<HttpResponse> Send(const HttpRequest& request) = 0;

  // Send, for the many who never post.
  policy::Result<HttpResponse> Get(const HttpRequest& request) { return Send(request); }
};

// The one way out of the program over HTTP, by libcurl. TLS 1.2 or later, always verified; gzip and
// deflate are decoded as they arrive, and counted as decoded. A response that is delimited by
// nothing but the end of the connection is refused, since it can't be told from a truncated one.
// Send may be called from several threads at once.
class CurlHttpClient final : public HttpClient {
 public:
  explicit CurlHttpClient(std::string user_agent);
  policy::Result<HttpResponse> Send(const HttpRequest& request) override;

 private:
  std::string user_agent_;
};

}  // namespace platform
