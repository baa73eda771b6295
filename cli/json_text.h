#pragma once

#include <string>
#include <string_view>

#include <google/protobuf/message.h>

#include "policy/result.h"

namespace cli {

// A message as JSON, indented, with a newline at its end: protobuf's JSON mapping with the names of
// the .proto, and zeros and empty lists written out (so 64-bit numbers are strings, times RFC
// 3339). Unlike there, bytes are hexadecimal, for they are digests; an Entry's `leaf` is its text.
//
// Characters that a terminal would obey are written as escapes, like \u202e: the value is the same,
// the screen is safe. `corrupt` for a message that JSON can't hold, such as a time outside of years
// 1 to 9999.
policy::Result<std::string> ToJson(const google::protobuf::Message& message);

// Makes JSON text safe for a terminal in that way.
std::string EscapeUnsafe(std::string_view json);

}  // namespace cli
