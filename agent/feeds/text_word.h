#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policy/indicator.h"

namespace agent::feeds {

// What one word of a report is.
struct TextWord {
  enum class Kind : std::uint8_t {
    ordinary,   // nothing to us
    indicator,  // has one
    unwanted,   // looks like one but is something else; `reason` says what
    broken,     // was meant as one, but is none
  };
  Kind kind = Kind::ordinary;
  bool defanged = false;
  std::optional<policy::Indicator> indicator;
  std::string_view reason;  // a literal
};

// Says what `word` is. `before` is the word before it, `alone` whether it has a line for itself,
// `scheme` what to put before a URL that has none, "" for nothing. text_report.h has the rules.
TextWord ClassifyWord(std::string_view word, std::string_view before, bool alone,
                      std::string_view scheme);

}  // namespace agent::feeds
