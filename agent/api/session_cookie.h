#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "platform/http_header.h"

namespace agent::api {

// The Set-Cookie value that gives a browser this session, or with an empty one takes it away. The
// browser binds it to exactly this host (prefix __Host-), shows it to no script, and sends it from
// no other site. `scheme` is "https", or "http" on loopback only, where browsers refuse the prefix.
std::string SessionCookie(std::string_view session, std::string_view scheme);

// The session that the cookies hold; empty if there is none, or several.
std::string SessionOf(const std::vector<platform::HttpHeader>& headers, std::string_view scheme);

}  // namespace agent::api
