#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policy/time.h"

namespace agent::people {

// Time-based one-time codes (RFC 6238: HMAC-SHA-1, 30 s, six digits), as authenticator apps show
// them. Pure.

std::int64_t StepAt(policy::TimePoint now);
std::string CodeOf(std::string_view secret, std::int64_t step);

// The step of `code`, if it is that of now or a neighbour, and later than `last_step`: each code
// works once.
std::optional<std::int64_t> AcceptCode(std::string_view secret, std::string_view code,
                                       std::int64_t last_step, policy::TimePoint now);

// For apps, by link or QR code: "otpauth://totp/Sekisho:alice?secret=...&issuer=Sekisho".
std::string OneTimeLink(std::string_view secret, std::string_view name);

}  // namespace agent::people
