#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace agent::oidc {

// Percent-encodes all but RFC 3986's unreserved characters.
std::string Encoded(std::string_view text);

// "a=1&b=2" of fields that are not empty: a query, or a body of application/x-www-form-urlencoded.
std::string Form(std::initializer_list<std::pair<std::string_view, std::string_view>> fields);

}  // namespace agent::oidc
