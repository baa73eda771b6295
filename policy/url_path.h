#pragma once

#include <string>
#include <string_view>

namespace policy {

// Says whether `text` is well-formed UTF-8: no overlong forms, no surrogates (RFC 3629).
bool IsUtf8(std::string_view text);

// Appends the canonical form of a URL's path (up to, not including, its "?"): starts with "/",
// "\" counts as "/", dot segments are resolved, also where they are written "%2e".
void AppendUrlPath(std::string& out, std::string_view path);

// Appends the canonical form of a query, without its "?".
void AppendUrlQuery(std::string& out, std::string_view query);

}  // namespace policy
