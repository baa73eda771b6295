#include "platform/http_response_reader.h"

#include <fmt/core.h>

#include <utility>

namespace platform {
namespace {

using policy::ErrorCode;

constexpr std::size_t kHeadersSizeMax = 64 * 1024;  // of one response, interim ones included
constexpr std::size_t kHeadersCountMax = 200;

std::string_view Trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace

void HttpResponseReader::Object(ErrorCode code, std::string detail) {
  if (!objection_) objection_ = policy::Error{code, std::move(detail)};
}

bool HttpResponseReader::AddHeaderLine(std::string_view line) {
  headers_size_ += line.size();
  if (headers_size_ > kHeadersSizeMax || ++headers_count_ > kHeadersCountMax) {
    Object(ErrorCode::exhausted, "the response has too many or too long headers");
    return false;
  }
  if (line.starts_with("HTTP/")) {
    headers_.clear();  // those of an interim response (1xx) don't count
    return true;
  }
  const auto colon = line.find(':');
  if (colon != std::string_view::npos) {
    headers_.push_back(
        {std::string(line.substr(0, colon)), std::string(Trim(line.substr(colon + 1)))});
  }
  return true;
}

bool HttpResponseReader::StartBody() {
  body_started_ = true;
  const std::string encoding = Header("Content-Encoding");
  decode_ = encoding == "gzip" || encoding == "x-gzip" || encoding == "deflate";
  if (decode_ || encoding.empty() || encoding == "identity") return true;
  Object(ErrorCode::malformed_input, "the response has a Content-Encoding we did not ask for");
  return false;
}

bool HttpResponseReader::AddBody(std::string_view bytes) {
  if (!body_started_ && !StartBody()) return false;
  if (decode_) {
    const auto done = inflater_.Write(bytes, body_);
    if (!done) Object(done.error().code, "in the response, " + done.error().detail);
    return done.has_value();
  }
  if (bytes.size() > body_size_max_ - body_.size()) {
    Object(ErrorCode::exhausted,
           fmt::format("the response is larger than {} bytes", body_size_max_));
    return false;
  }
  body_.append(bytes);
  return true;
}

}  // namespace platform
