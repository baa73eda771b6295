#pragma once

#include <string>
#include <string_view>

namespace exporters::http_list {

// A UUID of version 5 (RFC 4122, section 4.3) in a namespace of ours: the same name, the same UUID.
std::string UuidOf(std::string_view name);

}  // namespace exporters::http_list
