#pragma once

#include <string>
#include <string_view>

namespace exporters::http_list {

// 32 lower-case hexadecimal digits. Only for devices that ask for it to notice a change (Cisco SI);
// it protects nothing.
std::string Md5Hex(std::string_view bytes);

}  // namespace exporters::http_list
