#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace exporters::squid {

enum class Answer {
  blocked,      // by our rules: 403 with our error page
  denied,       // 403, but not by our rules
  let_through,  // by our rules, whatever came of it then
  no_answer,    // not reachable, too slow, or not HTTP
};

// Asks a proxy for a URL. With "Cache-Control: only-if-cached" Squid applies its access rules and
// then, instead of contacting the server, answers 504: probing never touches a hostile site.
class ProxyProbe {
 public:
  ProxyProbe(std::string host, std::uint16_t port, std::string error_page,
             std::chrono::milliseconds timeout)
      : host_(std::move(host)),
        port_(port),
        error_page_(std::move(error_page)),
        timeout_(timeout) {}

  Answer Ask(const std::string& url) const;

 private:
  std::string host_;
  std::uint16_t port_;
  std::string error_page_;
  std::chrono::milliseconds timeout_;
};

}  // namespace exporters::squid
