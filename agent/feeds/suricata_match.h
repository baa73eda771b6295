#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/feeds/suricata_rule.h"
#include "policy/indicator.h"
#include "policy/result.h"

namespace agent::feeds {

// What one rule blocks, if that is indicators and nothing else. Fails with `not_allowed`, the class
// of what else it asks for as the text: it is counted by that; `malformed_input` for a rule that
// Suricata would not load either. suricata_rules.h says which rules are understood.
policy::Result<std::vector<policy::Indicator>> IndicatorsOf(const SuricataRule& rule,
                                                            bool unanchored);

}  // namespace agent::feeds
