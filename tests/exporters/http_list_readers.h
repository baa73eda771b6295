#pragma once

#include <string>
#include <string_view>
#include <vector>

// The formats of http_list read as their devices' documentation says, by code that shares nothing
// with what writes them.
namespace exporters::http_list {

// The list's lines that a device takes these bytes for, sorted; what stands for an empty list is
// none. Where entries have no scheme, URLs read as "url http:...". Throws std::runtime_error for
// what is not in the format.
std::vector<std::string> ReadAs(std::string_view format, std::string_view bytes);

// The same of a line of the list.
std::string AsRead(std::string_view format, const std::string& line);

}  // namespace exporters::http_list
