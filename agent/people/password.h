#pragma once

#include <string>
#include <string_view>

#include "policy/result.h"

namespace agent::people {

// Passwords, hashed by Argon2id (RFC 9106; 19 MiB and 2 passes, as OWASP advises). A hash costs
// about 30 ms of CPU: never on a thread that others wait for.

// `malformed_input` unless it is 12 to 256 bytes, and not the name over and over.
policy::Result<void> CheckPassword(std::string_view password, std::string_view name);

// `exhausted` without the memory.
policy::Result<std::string> HashPassword(std::string_view password);

// Takes as long for an empty hash, which nothing matches: so that a name without an account, or
// without a password, answers no sooner.
bool PasswordMatches(const std::string& hash, std::string_view password);

}  // namespace agent::people
