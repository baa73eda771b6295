#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "policy/domain.h"
#include "policy/ip_prefix.h"
#include "policy/result.h"

namespace policy {

// The host of an http or https URL.
struct UrlHost {
  std::string text;  // as a canonical URL writes it, IPv6 in brackets
  std::variant<Domain, IpPrefix> value;
};

// Reads a host as the WHATWG URL Standard's host parser does: percent-decodes, maps to ASCII, and
// takes for an IPv4 address all that browsers do ("0x7f.1", "017700000001", "2130706433"). Its
// names are stricter: a Domain, hence no trailing dot and DNS's characters and lengths only.
//
// An IPv4-mapped IPv6 address is an IPv4 one as a value, but keeps its IPv6 text: that is what a
// proxy will see in the request.
Result<UrlHost> ParseUrlHost(std::string_view text);

}  // namespace policy
