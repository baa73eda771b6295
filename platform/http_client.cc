#include "platform/http_client.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "platform/address_guard.h"
#include "platform/atomic_file.h"
#include "platform/curl_url.h"
#include "platform/http_response_reader.h"

namespace platform {
namespace {

using policy::ErrorCode;
using policy::Result;
using SteadyTime = std::chrono::steady_clock::time_point;

struct EasyDelete {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct ListDelete {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using EasyPtr = std::unique_ptr<CURL, EasyDelete>;
using ListPtr = std::unique_ptr<curl_slist, ListDelete>;

// What curl's callbacks see of one exchange. They are C functions and may not throw.
struct Exchange {
  explicit Exchange(const HttpRequest& r) : request(r), reader(r.body_size_max) {}

  const HttpRequest& request;
  HttpResponseReader reader;
};

std::size_t OnHeader(char* data, std::size_t size, std::size_t count, void* user) {
  try {
    return static_cast<Exchange*>(user)->reader.AddHeaderLine({data, size * count}) ? size * count
                                                                                    : 0;
  } catch (...) {
    return 0;
  }
}

std::size_t OnBody(char* data, std::size_t size, std::size_t count, void* user) {
  try {
    return static_cast<Exchange*>(user)->reader.AddBody({data, size * count}) ? size * count : 0;
  } catch (...) {
    return 0;
  }
}

int OnProgress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Exchange*>(user)->request.stop.stop_requested() ? 1 : 0;
}

// Judges the very address that is about to be connected to, so that a name can't resolve to one
// thing when checked and to another when used (DNS rebinding).
curl_socket_t OnOpenSocket(void* user, curlsocktype purpose, curl_sockaddr* address) {
  auto& exchange = *static_cast<Exchange*>(user);
  try {
    if (purpose == CURLSOCKTYPE_IPCXN && exchange.request.proxy.empty() &&
        !exchange.request.allow_private_addresses && !IsPublicAddress(address->addr)) {
      exchange.reader.Object(ErrorCode::not_allowed,
                             fmt::format("it leads to the private address {}; set "
                                         "allow_private_addresses if that is meant",
                                         FormatAddress(address->addr)));
      return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  } catch (...) {
    return CURL_SOCKET_BAD;
  }
}

ErrorCode CodeOf(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_OUT_OF_MEMORY:
    case CURLE_TOO_MANY_REDIRECTS: return ErrorCode::exhausted;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_UNSUPPORTED_PROTOCOL: return ErrorCode::not_allowed;
    case CURLE_URL_MALFORMAT:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING: return ErrorCode::malformed_input;
    default: return ErrorCode::unavailable;
  }
}

// One request and one response, without following redirects.
class Hop {
 public:
  Hop(const HttpRequest& request, const CurlUrl& url, HttpMethod method, bool with_credentials)
      : request_(request),
        url_(url),
        method_(method),
        with_credentials_(with_credentials),
        exchange_(request) {}

  Result<HttpResponse> Perform(const std::string& user_agent, SteadyTime deadline);
  const std::string& redirect_url() const { return redirect_url_; }

 private:
  bool SetUp(const std::string& user_agent, std::chrono::milliseconds left);
  bool SetUpSecurity();
  bool SetUpMethod();
  bool SetUpHeaders();
  Result<void> Judge(CURLcode code);
  bool EndIsKnown() const;

  template <class Value>
  bool Set(CURLoption option, Value value) {
    return curl_easy_setopt(easy_.get(), option, value) == CURLE_OK;
  }
  bool AddHeader(const std::string& line) {
    curl_slist* longer = curl_slist_append(header_lines_.get(), line.c_str());
    if (longer == nullptr) return false;
    (void)header_lines_.release();
    header_lines_.reset(longer);
    return true;
  }

  const HttpRequest& request_;
  const CurlUrl& url_;
  HttpMethod method_;
  bool with_credentials_;
  Exchange exchange_;
  ListPtr header_lines_;  // must outlive easy_
  EasyPtr easy_{curl_easy_init()};
  std::string redirect_url_;
};

bool Hop::SetUpMethod() {
  if (method_ == HttpMethod::get) return true;
  return Set(CURLOPT_POST, 1L) &&
         Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size())) &&
         // Not copied: the request outlives the exchange.
         Set(CURLOPT_POSTFIELDS, request_.body.data()) &&
         AddHeader("Content-Type: " + request_.content_type) &&
         AddHeader("Expect:");  // a server that never says 100 would cost a second
}

bool Hop::SetUpHeaders() {
  bool good = AddHeader("Accept-Encoding: gzip, deflate");
  if (!request_.etag.empty()) good = good && AddHeader("If-None-Match: " + request_.etag);
  if (!request_.last_modified.empty()) {
    good = good && AddHeader("If-Modified-Since: " + request_.last_modified);
  }
  if (with_credentials_) {
    for (const HttpHeader& header : request_.headers) {
      // A header without a value is spelt with a semicolon for curl, or it would drop it.
      good = good && AddHeader(header.value.empty() ? header.name + ";"
                                                    : header.name + ": " + header.value);
    }
    if (!request_.bearer_token.empty()) {
      good = good && AddHeader("Authorization: Bearer " + request_.bearer_token);
    }
    if (!request_.user.empty()) {
      good = good && Set(CURLOPT_HTTPAUTH, CURLAUTH_BASIC) &&
             Set(CURLOPT_USERNAME, request_.user.c_str()) &&
             Set(CURLOPT_PASSWORD, request_.password.c_str());
    }
    if (!request_.client_certificate.empty()) {
      good = good && Set(CURLOPT_SSLCERT, request_.client_certificate.c_str()) &&
             Set(CURLOPT_SSLKEY, request_.client_key.c_str()) &&
             Set(CURLOPT_KEYPASSWD, "");  // or OpenSSL would ask for it on the terminal
    }
  }
  return good && Set(CURLOPT_HTTPHEADER, header_lines_.get());
}

bool Hop::SetUpSecurity() {
  const bool ca_set = request_.ca_file.empty() || (Set(CURLOPT_CAINFO, request_.ca_file.c_str()) &&
                                                   Set(CURLOPT_CAPATH, nullptr));
  return ca_set && Set(CURLOPT_PROTOCOLS_STR, "http,https") && Set(CURLOPT_FOLLOWLOCATION, 0L) &&
         Set(CURLOPT_SSL_VERIFYPEER, 1L) && Set(CURLOPT_SSL_VERIFYHOST, 2L) &&
         Set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2) &&
         Set(CURLOPT_PROXY, request_.proxy.c_str()) && Set(CURLOPT_NOPROXY, "") &&
         Set(CURLOPT_NETRC, CURL_NETRC_IGNORED) && Set(CURLOPT_OPENSOCKETFUNCTION, &OnOpenSocket) &&
         Set(CURLOPT_OPENSOCKETDATA, &exchange_);
}

bool Hop::SetUp(const std::string& user_agent, std::chrono::milliseconds left) {
  return easy_ && Set(CURLOPT_URL, url_.text().c_str()) && SetUpSecurity() && SetUpMethod() &&
         SetUpHeaders() && Set(CURLOPT_USERAGENT, user_agent.c_str()) &&
         Set(CURLOPT_NOSIGNAL, 1L) && Set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1) &&
         Set(CURLOPT_HTTP09_ALLOWED, 0L) &&
         // We decode by ourselves, since curl takes a cut gzip stream for a whole one.
         Set(CURLOPT_HTTP_CONTENT_DECODING, 0L) && Set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) &&
         Set(CURLOPT_TIMEOUT_MS, static_cast<long>(left.count())) &&
         Set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(left.count())) &&
         Set(CURLOPT_HEADERFUNCTION, &OnHeader) && Set(CURLOPT_HEADERDATA, &exchange_) &&
         Set(CURLOPT_WRITEFUNCTION, &OnBody) && Set(CURLOPT_WRITEDATA, &exchange_) &&
         Set(CURLOPT_NOPROGRESS, 0L) && Set(CURLOPT_XFERINFOFUNCTION, &OnProgress) &&
         Set(CURLOPT_XFERINFODATA, &exchange_);
}

// Over TLS, close_notify would tell, but libcurl 7.88 passes over its absence (tested).
bool Hop::EndIsKnown() const {
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  return status == 304 || status == 204 || !exchange_.reader.Header("Content-Length").empty() ||
         !exchange_.reader.Header("Transfer-Encoding").empty();
}

Result<void> Hop::Judge(CURLcode code) {
  if (code != CURLE_OK) {
    if (exchange_.reader.objection()) return tl::unexpected(*exchange_.reader.objection());
    if (request_.stop.stop_requested()) {
      return policy::Fail(ErrorCode::unavailable, "stopped, as asked");
    }
    return policy::Fail(CodeOf(code), curl_easy_strerror(code));
  }
  if (!EndIsKnown()) {
    return policy::Fail(ErrorCode::unavailable,
                        "the response says nothing of its length, so whether it is whole can't be "
                        "known; it takes a server that sends Content-Length or chunks");
  }
  if (!exchange_.reader.complete()) {
    return policy::Fail(ErrorCode::unavailable, "the compressed response ends early");
  }
  return {};
}

Result<HttpResponse> Hop::Perform(const std::string& user_agent, SteadyTime deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  if (left.count() <= 0) return policy::Fail(ErrorCode::exhausted, "the deadline has passed");
  if (!SetUp(user_agent, left)) {
    return policy::Fail(ErrorCode::unavailable, "libcurl can't be set up as needed");
  }
  if (auto good = Judge(curl_easy_perform(easy_.get())); !good) return tl::unexpected(good.error());

  long status = 0;
  char* redirect = nullptr;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(easy_.get(), CURLINFO_REDIRECT_URL, &redirect);
  if (redirect != nullptr && status != 304) redirect_url_ = redirect;
  return HttpResponse{.status = static_cast<int>(status),
                      .body = exchange_.reader.TakeBody(),
                      .etag = exchange_.reader.Header("ETag"),
                      .last_modified = exchange_.reader.Header("Last-Modified"),
                      .content_type = exchange_.reader.Header("Content-Type"),
                      .retry_after = exchange_.reader.Header("Retry-After"),
                      .date = exchange_.reader.Header("Date"),
                      .final_url = url_.text(),
                      .headers = exchange_.reader.headers()};
}

Result<void> CheckRequest(const HttpRequest& request) {
  const auto in_header = [](const std::string& value) { return IsValidHeader({"X", value}); };
  if (!std::ranges::all_of(request.headers, IsValidHeader) || !in_header(request.etag) ||
      !in_header(request.last_modified) || !in_header(request.bearer_token) ||
      !in_header(request.content_type)) {
    return policy::Fail(ErrorCode::malformed_input,
                        "a request header holds characters that no header may hold");
  }
  return {};
}

Result<void> CheckUrl(const CurlUrl& url, const HttpRequest& request) {
  if (url.has_user()) {
    return policy::Fail(ErrorCode::not_allowed,
                        "the URL holds a user or password; give them apart from it");
  }
  if (url.scheme() != "http" && url.scheme() != "https") {
    return policy::Fail(ErrorCode::not_allowed,
                        fmt::format("the scheme {} is not http or https", url.scheme()));
  }
  const std::optional<bool> literal = IsPublicAddress(url.host());
  if (literal == false && !request.allow_private_addresses) {
    return policy::Fail(ErrorCode::not_allowed,
                        fmt::format("it leads to the private address {}", url.host()));
  }
  return {};
}

// The validator of a file is made of its time and size, to save parsing it again.
Result<HttpResponse> GetFile(const CurlUrl& url, const HttpRequest& request) {
  struct stat info {};
  const std::string path = url.file_path();
  if (::stat(path.c_str(), &info) != 0) {
    return policy::Fail(ErrorCode::not_found, fmt::format("there is no file {}", path));
  }
  HttpResponse response;
  response.status = 200;
  response.final_url = url.text();
  response.etag =
      fmt::format("\"{:x}-{:x}-{:x}\"", info.st_mtim.tv_sec, info.st_mtim.tv_nsec, info.st_size);
  if (response.etag == request.etag) {
    response.status = 304;
    return response;
  }
  auto bytes = ReadFile(path, request.body_size_max);
  if (!bytes) return tl::unexpected(bytes.error());
  response.body = *std::move(bytes);
  return response;
}

// Feeds put secrets in queries, so only the part before it goes to logs.
tl::unexpected<policy::Error> About(std::string_view url, policy::Error error) {
  error.detail = fmt::format("{}: {}", url.substr(0, url.find_first_of("?#")), error.detail);
  return tl::unexpected(std::move(error));
}

// The method with which a redirect is followed. Except for 307 and 308, which keep it, everybody
// follows a POST with a GET (RFC 9110, 15.4).
HttpMethod MethodAfter(int status, HttpMethod before) {
  return status == 307 || status == 308 ? before : HttpMethod::get;
}

Result<HttpResponse> FollowHops(const HttpRequest& request, CurlUrl url,
                                const std::string& user_agent) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + request.deadline;
  const std::string first_origin = url.Origin();
  HttpMethod method = request.method;
  bool with_credentials = true;
  for (int redirects = 0;; ++redirects) {
    if (auto good = CheckUrl(url, request); !good) return About(url.text(), good.error());
    Hop hop(request, url, method, with_credentials);
    auto response = hop.Perform(user_agent, deadline);
    if (!response) return About(url.text(), response.error());
    if (hop.redirect_url().empty()) return response;
    if (redirects == request.redirects_max) {
      return About(url.text(), {ErrorCode::exhausted,
                                redirects == 0 ? "redirects elsewhere"
                                               : fmt::format("more than {} redirects", redirects)});
    }
    auto next = CurlUrl::Parse(hop.redirect_url());
    if (!next) return About(url.text(), next.error());
    if (url.scheme() == "https" && next->scheme() != "https") {
      return About(url.text(), {ErrorCode::not_allowed,
                                "redirects from https to " + next->scheme() + ", in plain text"});
    }
    // Once lost, credentials stay lost, even if a later hop leads back.
    with_credentials = with_credentials && next->Origin() == first_origin;
    method = MethodAfter(response->status, method);
    if (method == HttpMethod::post && !with_credentials) {
      return About(url.text(),
                   {ErrorCode::not_allowed, "redirects what is posted to another server"});
    }
    url = *std::move(next);
  }
}

bool InitCurlOnce() {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return ready;
}

}  // namespace

CurlHttpClient::CurlHttpClient(std::string user_agent) : user_agent_(std::move(user_agent)) {}

Result<HttpResponse> CurlHttpClient::Send(const HttpRequest& request) {
  if (!InitCurlOnce()) return policy::Fail(ErrorCode::unavailable, "libcurl does not start");
  auto url = CurlUrl::Parse(request.url);
  if (!url) return About(request.url, url.error());
  if (auto good = CheckRequest(request); !good) return About(url->text(), good.error());
  if (url->scheme() == "file" && request.allow_file && request.method == HttpMethod::get) {
    auto response = GetFile(*url, request);
    return response ? std::move(response) : About(url->text(), response.error());
  }
  return FollowHops(request, *std::move(url), user_agent_);
}

}  // namespace platform
