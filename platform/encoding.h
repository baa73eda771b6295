#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "policy/result.h"

namespace platform {

std::string ToHex(std::string_view bytes);                   // lower case
policy::Result<std::string> FromHex(std::string_view text);  // either case

// RFC 4648 section 4, padded. Decoding is strict: no blanks, full padding, no stray bits.
std::string ToBase64(std::string_view bytes);
policy::Result<std::string> FromBase64(std::string_view text);
// Section 5, "-" and "_", without padding: for URLs and cookies.
std::string ToBase64Url(std::string_view bytes);
policy::Result<std::string> FromBase64Url(std::string_view text);

// From the kernel-seeded generator of OpenSSL, good for keys.
policy::Result<std::string> RandomBytes(std::size_t count);

// Compares in a time that depends on the lengths alone, for secrets.
bool EqualInConstantTime(std::string_view a, std::string_view b);

}  // namespace platform
