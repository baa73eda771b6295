#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace platform {

// The names and values of a URL's query, decoded as forms are (WHATWG URL Standard, section 5.1),
// in their order. One without "=" has an empty value; a percent that begins no escape stands for
// itself.
std::vector<std::pair<std::string, std::string>> ReadUrlQuery(std::string_view query);

}  // namespace platform
