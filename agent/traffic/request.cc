#include "agent/traffic/request.h"

#include <variant>

namespace agent::traffic {

using policy::Url;

void TakeHost(const Url& url, Request& request) {
  if (const auto* const name = std::get_if<policy::Domain>(&url.host())) {
    request.name = *name;
  } else {
    request.address = std::get<policy::IpPrefix>(url.host());
  }
}

void TakeHttp(std::string_view host, std::string_view uri, std::string_view port,
              Request& request) {
  std::string site = "http://" + std::string(host);
  if (host.find(':') == host.npos && !port.empty()) site.append(":").append(port);
  const std::string url = uri.starts_with('/') ? site + std::string(uri) : std::string(uri);
  if (const auto parsed = Url::Parse(url)) {
    TakeHost(*parsed, request);
    request.url = *parsed;
  } else if (const auto bare = Url::Parse(site + "/")) {
    TakeHost(*bare, request);
  }
}

}  // namespace agent::traffic
