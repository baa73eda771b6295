#pragma once

#include <span>
#include <string_view>

namespace platform {

// The content coding of `offered`, best first, that a client wants most by its Accept-Encoding
// header (RFC 9110, section 12.5.3, with weights and "*"). Empty for none: it did not ask, or wants
// the body as it is more.
std::string_view ChooseCoding(std::string_view accept_encoding,
                              std::span<const std::string_view> offered);

}  // namespace platform
