#pragma once

#include <string>
#include <string_view>

#include "policy/result.h"

namespace platform {

// As one gzip member (RFC 1952), without a name or time: the same bytes give the same bytes.
policy::Result<std::string> Gzip(std::string_view bytes);

// Whether a response may, and for this client should, be gzip: RFC 9110 section 12.5.3, with
// weights and "*".
bool PrefersGzip(std::string_view accept_encoding);

}  // namespace platform
