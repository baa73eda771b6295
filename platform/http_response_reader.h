#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/http_header.h"
#include "platform/inflate.h"
#include "policy/result.h"

namespace platform {

// Gathers one response for the HTTP client as curl hands it over, and keeps count of its bytes.
// Once a call returns false, `objection` says why, and the transfer has to end.
class HttpResponseReader {
 public:
  explicit HttpResponseReader(std::size_t body_size_max)
      : body_size_max_(body_size_max), inflater_(body_size_max) {}

  bool AddHeaderLine(std::string_view line);
  bool AddBody(std::string_view bytes);
  // Notes what the caller objects to; the first objection stays.
  void Object(policy::ErrorCode code, std::string detail);

  const std::optional<policy::Error>& objection() const { return objection_; }
  // Whether a compressed body came to its own end. A body that isn't compressed always has.
  bool complete() const { return !decode_ || inflater_.Finish().has_value(); }
  std::string Header(std::string_view name) const {
    return std::string(FindHeader(headers_, name));
  }
  const std::vector<HttpHeader>& headers() const { return headers_; }
  std::string TakeBody() { return std::move(body_); }

 private:
  bool StartBody();

  std::size_t body_size_max_;
  Inflater inflater_;
  std::vector<HttpHeader> headers_;
  std::size_t headers_size_ = 0;
  std::size_t headers_count_ = 0;
  bool decode_ = false;
  bool body_started_ = false;
  std::string body_;
  std::optional<policy::Error> objection_;
};

}  // namespace platform
