#pragma once

#include <string>
#include <string_view>

namespace policy {

// Shows hostile bytes in an error message: in quotes, at most 80 of them, everything that is not
// printable ASCII as \xNN, so that a log line stays one line and a terminal obeys nobody.
std::string Quote(std::string_view bytes);

}  // namespace policy
