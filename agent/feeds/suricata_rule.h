#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/result.h"

namespace agent::feeds {

// One rule as written (https://docs.suricata.io/en/latest/rules/intro.html), not yet understood:
//   ACTION PROTOCOL SOURCE PORTS -> TARGET PORTS (KEY; KEY:VALUE; ...)
struct SuricataRule {
  struct Option {
    std::string key;    // lower case
    std::string value;  // as written, quotes and escapes too; "" for none
  };
  std::string action;
  std::string protocol;
  std::string source;
  std::string source_ports;
  std::string direction;  // "->", "<>"
  std::string target;
  std::string target_ports;
  std::vector<Option> options;
};

// `malformed_input` for what is no rule.
policy::Result<SuricataRule> ParseSuricataRule(std::string_view text);

struct SuricataContent {
  bool negated = false;
  std::string bytes;
};
// Reads the value of `content`: !"...", with \" \\ \; \: and |00 41| undone.
policy::Result<SuricataContent> ParseSuricataContent(std::string_view value);

// The text of a quoted value ("msg"), else the value itself.
std::string Unquoted(std::string_view value);

}  // namespace agent::feeds
