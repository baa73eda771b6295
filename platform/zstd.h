#pragma once

#include <string>
#include <string_view>

#include "policy/result.h"

namespace platform {

// As one Zstandard frame (RFC 8878) with the size of its content: the same bytes give the same
// bytes. Its window is at most the 8 MiB that every client takes.
policy::Result<std::string> Zstd(std::string_view bytes);

}  // namespace platform
