#include "platform/http_request_parser.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <charconv>
#include <utility>

#include "platform/chunked_decoder.h"

namespace platform {
namespace {

namespace http = boost::beast::http;
using Refusal = HttpRequestParser::Refusal;
using Fields = http::fields;

std::string_view View(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return boost::beast::iequals({a.data(), a.size()}, {b.data(), b.size()});
}

// What Beast lets pass, judged on the raw head up to and including its empty line.
std::optional<Refusal> JudgeHead(std::string_view head) {
  for (std::size_t i = 0; i < head.size(); ++i) {
    const auto byte = static_cast<unsigned char>(head[i]);
    const char next = i + 1 < head.size() ? head[i + 1] : '\0';
    if (byte == '\r' ? next != '\n' : byte == '\n' && (i == 0 || head[i - 1] != '\r')) {
      return Refusal{400, "a line does not end with CR LF"};
    }
    // RFC 9112 section 5.2: obs-fold.
    if (byte == '\n' && (next == ' ' || next == '\t')) {
      return Refusal{400, "a header is folded over several lines"};
    }
    if ((byte < 0x20 && byte != '\t' && byte != '\r' && byte != '\n') || byte == 0x7F) {
      return Refusal{400, "the head holds a control character"};
    }
  }
  return std::nullopt;
}

bool IsTarget(std::string_view method, std::string_view target) {
  if (target == "*") return method == "OPTIONS";
  return target.starts_with('/') && std::ranges::all_of(target, [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte > 0x20 && byte < 0x7F && c != '#';
         });
}

bool IsHost(std::string_view host) {
  return std::ranges::all_of(host, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("-._~%!$&'()*+;=:[]").find(c) != std::string_view::npos;
  });
}

std::optional<Refusal> JudgeHost(const Fields& fields, unsigned version) {
  const auto count = fields.count(http::field::host);
  // RFC 9112 section 3.2.
  if (count > 1 || (count == 0 && version >= 11)) return Refusal{400, "needs exactly one Host"};
  if (count == 1 && !IsHost(View(fields[http::field::host]))) {
    return Refusal{400, "the Host is not valid"};
  }
  return std::nullopt;
}

// RFC 9112 section 6.1 and 6.3: only one thing may say where the body ends.
std::optional<Refusal> JudgeFraming(const Fields& fields, unsigned version) {
  const auto lengths = fields.count(http::field::content_length);
  const auto codings = fields.count(http::field::transfer_encoding);
  if (lengths > 1) return Refusal{400, "has several Content-Length"};
  if (lengths == 1) {
    const std::string_view length = View(fields[http::field::content_length]);
    if (length.empty() || length.find_first_not_of("0123456789") != std::string_view::npos) {
      return Refusal{400, "the Content-Length is not a number"};
    }
  }
  if (codings == 0) return std::nullopt;
  if (lengths > 0) return Refusal{400, "has both Content-Length and Transfer-Encoding"};
  if (version < 11) return Refusal{400, "HTTP/1.0 has no Transfer-Encoding"};
  if (codings > 1 || !EqualIgnoringCase(View(fields[http::field::transfer_encoding]), "chunked")) {
    return Refusal{501, "the only Transfer-Encoding known is chunked"};
  }
  return std::nullopt;
}

Refusal FromBeast(const boost::system::error_code& error) {
  if (error == http::error::header_limit) return {431, "the head is too large"};
  if (error == http::error::bad_version) return {505, "only HTTP/1.1 and HTTP/1.0 are known"};
  return {400, "not a well-formed HTTP request"};
}

}  // namespace

struct HttpRequestParser::State {
  explicit State(const HttpServerLimits& l)
      : limits(l), chunks(l.body_size_max, l.header_size_max) {
    parser.header_limit(
        static_cast<std::uint32_t>(std::min<std::size_t>(l.header_size_max, 0x7FFFFFFF)));
    // Bodies are ours; without this, Beast would refuse a length by a limit of its own.
    parser.body_limit(boost::none);
  }

  std::optional<Refusal> FeedHead();
  std::optional<Refusal> ParseHead(std::size_t size);
  std::optional<Refusal> JudgeMessage();
  std::optional<Refusal> FindLength();
  std::optional<Refusal> FeedBody();
  std::optional<Refusal> FeedChunks();

  HttpServerLimits limits;
  http::request_parser<http::empty_body> parser;  // for heads only
  ChunkedDecoder chunks;
  std::string pending;      // fed, but not yet used
  std::size_t scanned = 0;  // of pending, known to hold no end of head
  bool skipped_line = false;
  bool refused = false;
  bool head_done = false;
  bool chunked = false;
  std::size_t length = 0;  // of the body, unless chunked
  HttpServerRequest request;
};

HttpRequestParser::HttpRequestParser(const HttpServerLimits& limits)
    : state_(std::make_unique<State>(limits)) {}
HttpRequestParser::HttpRequestParser(HttpRequestParser&&) noexcept = default;
HttpRequestParser& HttpRequestParser::operator=(HttpRequestParser&&) noexcept = default;
HttpRequestParser::~HttpRequestParser() = default;

std::optional<Refusal> HttpRequestParser::State::FeedHead() {
  // RFC 9112 section 2.2: an empty line before the request line is to be ignored.
  if (!skipped_line && pending.starts_with("\r\n")) {
    pending.erase(0, 2);
    skipped_line = true;
    scanned = 0;
  }
  const std::size_t end = pending.find("\r\n\r\n", scanned < 3 ? 0 : scanned - 3);
  const std::size_t size = end == std::string::npos ? pending.size() : end + 4;
  if (size > limits.header_size_max) return Refusal{431, "the head is too large"};
  if (end != std::string::npos) return ParseHead(size);
  // A client that ends its lines otherwise must not wait for the timeout to be told so.
  for (; scanned < pending.size(); ++scanned) {
    if (pending[scanned] == '\n' && (scanned == 0 || pending[scanned - 1] != '\r')) {
      return Refusal{400, "a line does not end with CR LF"};
    }
  }
  return std::nullopt;
}

std::optional<Refusal> HttpRequestParser::State::ParseHead(std::size_t size) {
  if (auto refusal = JudgeHead(std::string_view(pending).substr(0, size))) return refusal;
  boost::system::error_code error;
  const std::size_t used = parser.put(boost::asio::buffer(pending.data(), size), error);
  if (error && error != http::error::need_more) return FromBeast(error);
  if (!parser.is_header_done() || used != size) {
    return Refusal{400, "not a well-formed HTTP request"};
  }
  pending.erase(0, size);
  head_done = true;
  return JudgeMessage();
}

std::optional<Refusal> HttpRequestParser::State::JudgeMessage() {
  const auto& message = parser.get();
  const unsigned version = message.version();
  if (version != 10 && version != 11) return Refusal{505, "only HTTP/1.1 and HTTP/1.0 are known"};
  if (auto refusal = JudgeHost(message, version)) return refusal;
  if (auto refusal = JudgeFraming(message, version)) return refusal;
  const std::string_view target = View(message.target());
  request.method = std::string(View(message.method_string()));
  if (!IsTarget(request.method, target)) return Refusal{400, "the target is not a path"};
  const std::size_t question = target.find('?');
  request.path = std::string(target.substr(0, question));
  if (question != std::string_view::npos) request.query = std::string(target.substr(question + 1));
  for (const auto& field : message) {
    if (request.headers.size() == limits.header_count_max) {
      return Refusal{431, "has too many headers"};
    }
    request.headers.push_back(
        {std::string(View(field.name_string())), std::string(View(field.value()))});
  }
  return FindLength();
}

std::optional<Refusal> HttpRequestParser::State::FindLength() {
  chunked = parser.get().count(http::field::transfer_encoding) > 0;
  const std::string_view text = View(parser.get()[http::field::content_length]);
  if (text.empty()) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error != std::errc() || length > limits.body_size_max) {
    return Refusal{413, "the body is too large"};
  }
  return std::nullopt;
}

std::optional<Refusal> HttpRequestParser::State::FeedBody() {
  if (chunked) return FeedChunks();
  const std::size_t count = std::min(length - request.body.size(), pending.size());
  request.body.append(pending, 0, count);
  pending.erase(0, count);
  return std::nullopt;
}

std::optional<Refusal> HttpRequestParser::State::FeedChunks() {
  const auto problem = chunks.Feed(pending, request.body);
  if (!problem) return std::nullopt;
  switch (*problem) {
    case ChunkedDecoder::Problem::malformed: return Refusal{400, "the chunks are not well-formed"};
    case ChunkedDecoder::Problem::body_too_large: return Refusal{413, "the body is too large"};
    case ChunkedDecoder::Problem::line_too_long: return Refusal{431, "a chunk's line is too long"};
  }
  return std::nullopt;
}

std::optional<Refusal> HttpRequestParser::Feed(std::string_view bytes) {
  State& state = *state_;
  if (state.refused) return Refusal{400, "refused before"};
  state.pending.append(bytes);
  std::optional<Refusal> refusal;
  if (!state.head_done) refusal = state.FeedHead();
  if (!refusal && state.head_done) refusal = state.FeedBody();
  state.refused = refusal.has_value();
  return refusal;
}

bool HttpRequestParser::started() const {
  return state_->head_done || !state_->pending.empty();
}
bool HttpRequestParser::head_done() const {
  return state_->head_done;
}
bool HttpRequestParser::done() const {
  if (!state_->head_done || state_->refused) return false;
  return state_->chunked ? state_->chunks.done() : state_->request.body.size() == state_->length;
}
bool HttpRequestParser::is_http_1_1() const {
  return state_->parser.get().version() == 11;
}

bool HttpRequestParser::keep_alive() const {
  return state_->parser.get().keep_alive();
}

bool HttpRequestParser::expects_continue() const {
  return state_->parser.get().version() == 11 &&
         EqualIgnoringCase(state_->request.Header("Expect"), "100-continue");
}

HttpServerRequest HttpRequestParser::TakeRequest() {
  return std::move(state_->request);
}

std::string HttpRequestParser::TakeRest() {
  return std::move(state_->pending);
}

}  // namespace platform
