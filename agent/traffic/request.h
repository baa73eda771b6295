#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "policy/domain.h"
#include "policy/ip_prefix.h"
#include "policy/time.h"
#include "policy/url.h"

namespace agent::traffic {

// One use that a client of ours made of something outside, as far as a log knows it: a DNS query
// tells a name; a proxy's CONNECT a host; its plain request a URL, its host and maybe the server.
struct Request {
  policy::TimePoint at;
  std::string client;  // an address, as the log has it
  std::optional<policy::Domain> name{};
  std::optional<policy::IpPrefix> address{};
  std::optional<policy::Url> url{};
};

// Notes the host of a URL: its name or its address.
void TakeHost(const policy::Url& url, Request& request);

// Notes what a plain HTTP request asked for, as a sensor saw it: the host's header and the URI. A
// proxy is asked for a whole URL, or by CONNECT for "host:443", which is no URL. `port` is the
// server's, where the host does not name one; empty for unknown.
void TakeHttp(std::string_view host, std::string_view uri, std::string_view port, Request& request);

// What a line tells: a request, or none that counts. The error is a literal that says what is wrong
// with the line.
using LineResult = tl::expected<std::optional<Request>, std::string_view>;

}  // namespace agent::traffic
