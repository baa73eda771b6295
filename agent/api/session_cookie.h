#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "platform/http_header.h"

namespace agent::api {

// What we have a browser keep.
enum class Cookie {
  session,
  sign_on,  // that it is the one that began a single sign-on
};

// The Set-Cookie value that gives a browser this secret, or with an empty one takes it away. The
// browser binds it to exactly this host (prefix __Host-), shows it to no script, and sends it from
// no other site. `scheme` is "https", or "http" on loopback only, where browsers refuse the prefix.
std::string SetCookie(Cookie cookie, std::string_view secret, std::string_view scheme);

// The secret that the cookies hold; empty if there is none, or several.
std::string SecretOf(Cookie cookie, const std::vector<platform::HttpHeader>& headers,
                     std::string_view scheme);

}  // namespace agent::api
