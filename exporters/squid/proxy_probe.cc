#include "exporters/squid/proxy_probe.h"

#include <string_view>

#include "exporters/http_probe.h"

namespace exporters::squid {
namespace {

// Squid's own spelling; nothing that it relays can carry this header in a 403 of its own.
std::string_view SquidError(std::string_view head) {
  constexpr std::string_view name = "\r\nX-Squid-Error: ";
  const auto at = head.find(name);
  if (at == head.npos) return {};
  head.remove_prefix(at + name.size());
  return head.substr(0, head.find_first_of(" \r"));
}

}  // namespace

Answer ProxyProbe::Ask(const std::string& url) const {
  const auto authority = url.find("://") + 3;
  const std::string host = url.substr(authority, url.find('/', authority) - authority);
  const std::string request = "GET " + url + " HTTP/1.1\r\nHost: " + host +
                              "\r\nCache-Control: only-if-cached\r\nUser-Agent: sekisho-probe\r\n"
                              "Connection: close\r\n\r\n";
  const auto head = AskForHead(host_, port_, request, timeout_);
  if (!head || StatusOf(*head).empty()) return Answer::no_answer;
  if (StatusOf(*head) != "403") return Answer::let_through;
  return SquidError(*head) == error_page_ ? Answer::blocked : Answer::denied;
}

}  // namespace exporters::squid
