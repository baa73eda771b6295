#pragma once

#include <string>
#include <string_view>

#include "policy/result.h"

namespace policy {

// Maps a host name in UTF-8 to lower-case ASCII: UTS #46 non-transitional mapping (so that case,
// width, "。" and zero-width characters vanish), then IDNA 2008 A-labels (RFC 5891). Labels that
// already are A-labels have to decode to a valid U-label and encode back to themselves.
//
// Says nothing of the ASCII that comes out: its lengths, dots and characters are the caller's.
Result<std::string> ToAscii(std::string_view name);

}  // namespace policy
