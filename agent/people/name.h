#pragma once

#include <string>

#include "policy/result.h"

namespace agent::people {

// `malformed_input` for a caller's name that could not be told apart in the history: 1 to 64
// letters, digits and any of . _ - @, and not what the agent calls itself. Names of accounts,
// tokens and certificates are one space: the same name is the same person.
policy::Result<void> CheckName(const std::string& name);

}  // namespace agent::people
