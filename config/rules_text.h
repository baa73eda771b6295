#pragma once

#include <string>

#include "config/policy_settings.h"

namespace config {

// YAML that ParseRules reads as these rules again, and nothing else of a configuration: what people
// see, approve and keep. The same rules give the same text.
std::string RulesText(const Rules& rules);

}  // namespace config
