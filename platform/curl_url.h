#pragma once

#include <string>

#include "policy/result.h"

namespace platform {

// A URL as libcurl itself will understand it, so that what we check is what it connects to. For the
// HTTP client alone: policy/url.h has the canonical URLs of indicators.
class CurlUrl {
 public:
  static policy::Result<CurlUrl> Parse(const std::string& text);

  const std::string& text() const { return text_; }
  const std::string& scheme() const { return scheme_; }
  const std::string& host() const { return host_; }  // lower case, IPv6 without brackets
  bool has_user() const { return has_user_; }
  std::string Origin() const { return scheme_ + "://" + host_ + ":" + port_; }
  const std::string& file_path() const { return path_; }  // percent-decoded

 private:
  CurlUrl() = default;

  std::string text_;
  std::string scheme_;
  std::string host_;
  std::string port_;
  std::string path_;
  bool has_user_ = false;
};

}  // namespace platform
