#include "agent/feeds/suricata_rule.h"

#include <algorithm>
#include <utility>

#include "agent/feeds/feed_text.h"
#include "policy/ascii.h"

namespace agent::feeds {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::size_t kOptionsMax = 1000;

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), policy::ToLower);
  return lower;
}

// A word of the header; an address list in brackets may hold blanks.
std::string TakeHeaderWord(std::string_view& rest) {
  rest = TrimBlanks(rest);
  int depth = 0;
  std::size_t end = 0;
  for (; end < rest.size(); ++end) {
    const char c = rest[end];
    if (c == '[') ++depth;
    if (c == ']') --depth;
    if (depth <= 0 && (c == ' ' || c == '\t')) break;
  }
  std::string word(rest.substr(0, end));
  rest.remove_prefix(end);
  return word;
}

// Up to the next ";" outside quotes that is not escaped.
std::optional<std::string_view> TakeOption(std::string_view& rest) {
  bool quoted = false;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '\\') {
      ++i;
    } else if (rest[i] == '"') {
      quoted = !quoted;
    } else if (rest[i] == ';' && !quoted) {
      const std::string_view option = rest.substr(0, i);
      rest.remove_prefix(i + 1);
      return TrimBlanks(option);
    }
  }
  return std::nullopt;
}

Result<std::vector<SuricataRule::Option>> ParseOptions(std::string_view text) {
  std::vector<SuricataRule::Option> options;
  while (!TrimBlanks(text).empty()) {
    const auto option = TakeOption(text);
    if (!option) return Fail(ErrorCode::malformed_input, "an option does not end in \";\"");
    if (option->empty()) continue;
    if (options.size() == kOptionsMax) {
      return Fail(ErrorCode::malformed_input, "more than 1000 options");
    }
    const std::size_t colon = std::min(option->find(':'), option->size());
    const std::size_t value_at = std::min(colon + 1, option->size());
    options.push_back({Lower(TrimBlanks(option->substr(0, colon))),
                       std::string(TrimBlanks(option->substr(value_at)))});
  }
  return options;
}

// Decodes "41 42" between bars.
bool AppendHex(std::string_view hex, std::string& bytes) {
  int high = -1;
  for (const char c : hex) {
    if (c == ' ' && high < 0) continue;
    const int digit = policy::HexValue(c);
    if (digit < 0) return false;
    if (high < 0) {
      high = digit;
    } else {
      bytes += static_cast<char>(high * 16 + digit);
      high = -1;
    }
  }
  return high < 0;
}

}  // namespace

Result<SuricataRule> ParseSuricataRule(std::string_view text) {
  text = TrimBlanks(text);
  const std::size_t at = text.find('(');
  if (at == std::string_view::npos || !text.ends_with(')')) {
    return Fail(ErrorCode::malformed_input, "no options in parentheses");
  }
  std::string_view header = text.substr(0, at);
  SuricataRule rule;
  for (std::string* word : {&rule.action, &rule.protocol, &rule.source, &rule.source_ports,
                            &rule.direction, &rule.target, &rule.target_ports}) {
    *word = TakeHeaderWord(header);
  }
  const bool is_directed = rule.direction == "->" || rule.direction == "<>";
  if (!is_directed || rule.target_ports.empty() || !TrimBlanks(header).empty()) {
    return Fail(ErrorCode::malformed_input,
                "its header is not ACTION PROTOCOL SOURCE PORTS -> TARGET PORTS");
  }
  auto options = ParseOptions(text.substr(at + 1, text.size() - at - 2));
  if (!options) return tl::unexpected(std::move(options.error()));
  rule.options = *std::move(options);
  return rule;
}

Result<SuricataContent> ParseSuricataContent(std::string_view value) {
  SuricataContent content;
  if (value.starts_with('!')) {
    content.negated = true;
    value = TrimBlanks(value.substr(1));
  }
  if (value.size() < 2 || !value.starts_with('"') || !value.ends_with('"')) {
    return Fail(ErrorCode::malformed_input, "a content is not in quotes");
  }
  value = value.substr(1, value.size() - 2);
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\\' && i + 1 < value.size()) {
      content.bytes += value[++i];
    } else if (value[i] == '|') {
      const std::size_t end = value.find('|', i + 1);
      if (end == std::string_view::npos ||
          !AppendHex(value.substr(i + 1, end - i - 1), content.bytes)) {
        return Fail(ErrorCode::malformed_input, "a content's |hexadecimal| part is broken");
      }
      i = end;
    } else {
      content.bytes += value[i];
    }
  }
  return content;
}

std::string Unquoted(std::string_view value) {
  const auto content = ParseSuricataContent(value);
  return content ? content->bytes : std::string(value);
}

}  // namespace agent::feeds
