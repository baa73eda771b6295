#include "config/yaml.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <set>
#include <utility>

#include "config/yaml_document.h"
#include "platform/atomic_file.h"
#include "platform/log.h"
#include "policy/time.h"

namespace config {
namespace {

using policy::ErrorCode;
using policy::Result;

constexpr std::size_t kFileSizeMax = 1024 * 1024;

std::string Quote(std::string_view text) {
  constexpr std::size_t kShown = 60;
  const bool cut = text.size() > kShown;
  return fmt::format("\"{}{}\"", platform::EscapeForLog(text.substr(0, kShown)), cut ? "..." : "");
}

std::string_view KindName(NodeData::Kind kind) {
  switch (kind) {
    case NodeData::Kind::null: return "empty";
    case NodeData::Kind::scalar: return "a single value";
    case NodeData::Kind::list: return "a list";
    case NodeData::Kind::map: return "a map of keys";
  }
  return "";
}

// How many letters to add, drop, change or swap with their neighbour (optimal string alignment).
std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = i + j;
        continue;
      }
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1,
                             cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

std::string UnknownKey(const std::string& key, const std::set<std::string, std::less<>>& known) {
  std::string text = fmt::format("unknown key {}", Quote(key));
  if (key.size() > 100) return text;
  const auto closest = std::ranges::min_element(
      known, {}, [&](const std::string& name) { return EditDistance(key, name); });
  const std::size_t near = std::max<std::size_t>(1, key.size() / 3);
  if (closest != known.end() && EditDistance(key, *closest) <= near) {
    text += fmt::format("; did you mean {}?", Quote(*closest));
  }
  return text;
}

void NoteUnknownKeys(DocumentState& document, const NodeData& node) {
  for (const NodeData* item : node.items) NoteUnknownKeys(document, *item);
  if (node.entries.empty()) return;
  const auto& asked = document.asked[&node];
  for (const NodeData::Entry& entry : node.entries) {
    if (asked.contains(entry.key)) {
      NoteUnknownKeys(document, *entry.value);
    } else {
      document.errors.Add(entry.line, entry.column, UnknownKey(entry.key, asked));
    }
  }
}

bool IsNameChar(char c, bool first) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
         (!first && c >= '0' && c <= '9');
}

struct Substituted {
  std::string text;
  std::vector<std::string> values;  // that were put in
};

// Replaces ${NAME}; the error says what is wrong with the text.
Result<Substituted> Substitute(std::string_view text, const Environment& environment) {
  Substituted out;
  while (!text.empty()) {
    if (text.starts_with("$${")) {
      out.text += "${";
      text.remove_prefix(3);
      continue;
    }
    if (!text.starts_with("${")) {
      out.text += text.front();
      text.remove_prefix(1);
      continue;
    }
    const std::size_t end = text.find('}');
    const std::string name(text.substr(2, end == std::string_view::npos ? 0 : end - 2));
    bool good = !name.empty();
    for (std::size_t i = 0; i < name.size(); ++i) good = good && IsNameChar(name[i], i == 0);
    if (!good) {
      return policy::Fail(ErrorCode::malformed_input,
                          "\"${\" must begin the name of an environment variable, as in "
                          "${NAME}; write \"$${\" for the characters themselves");
    }
    auto value = environment(name);
    if (!value) {
      return policy::Fail(ErrorCode::malformed_input,
                          fmt::format("the environment variable {} is not set", name));
    }
    out.text += *value;
    out.values.push_back(*std::move(value));
    text.remove_prefix(end + 1);
  }
  return out;
}

std::optional<std::int64_t> ParseInt(std::string_view text) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  // 010 is 8 to YAML 1.1 and 10 to YAML 1.2 and to people.
  if (digits.size() > 1 && digits.front() == '0') return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::optional<std::string> ProcessEnvironment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

void Errors::Add(std::size_t line, std::size_t column, std::string text) {
  const bool noted = std::ranges::any_of(entries_, [&](const Entry& entry) {
    return entry.line == line && entry.column == column && entry.text == text;
  });
  if (!noted) entries_.push_back({line, column, std::move(text)});
}

std::vector<std::string> Errors::Lines(std::string_view file) const {
  std::vector<Entry> sorted = entries_;
  std::ranges::stable_sort(sorted, [](const Entry& a, const Entry& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
  std::vector<std::string> lines;
  for (const Entry& entry : sorted) {
    lines.push_back(fmt::format("{}:{}:{}: {}", file, entry.line, entry.column, entry.text));
  }
  return lines;
}

bool Node::IsMap() const {
  return data_ != nullptr && data_->kind == NodeData::Kind::map;
}
bool Node::IsList() const {
  return data_ != nullptr && data_->kind == NodeData::Kind::list;
}
bool Node::IsScalar() const {
  return data_ != nullptr && data_->kind == NodeData::Kind::scalar;
}

void Node::Fail(std::string text) const {
  if (data_ != nullptr) document_->errors.Add(data_->line, data_->column, std::move(text));
}

std::string Node::Where() const {
  if (data_ == nullptr) return {};
  return fmt::format("{}:{}:{}", document_->file.string(), data_->line, data_->column);
}

const NodeData* Node::Find(std::string_view key) const {
  document_->asked[data_].emplace(key);
  const auto entry = std::ranges::find(data_->entries, key, &NodeData::Entry::key);
  return entry == data_->entries.end() ? nullptr : entry->value;
}

Node Node::Optional(std::string_view key) const {
  if (data_ == nullptr) return {};
  if (!IsMap()) {
    Fail(fmt::format("must be a map of keys, but is {}", KindName(data_->kind)));
    return {};
  }
  return Node(document_, Find(key));
}

Node Node::Require(std::string_view key) const {
  Node value = Optional(key);
  if (!value.present() && IsMap()) Fail(fmt::format("key {} is missing here", Quote(key)));
  return value;
}

std::optional<std::string> Node::Scalar(std::string_view wanted) const {
  if (data_ == nullptr) return std::nullopt;
  if (!IsScalar()) {
    Fail(fmt::format("must be {}, but is {}", wanted, KindName(data_->kind)));
    return std::nullopt;
  }
  auto text = Substitute(data_->scalar, document_->environment);
  if (!text) {
    Fail(text.error().detail);
    return std::nullopt;
  }
  return std::move(text->text);
}

std::vector<std::string> Node::FromEnvironment() const {
  if (data_ == nullptr || !IsScalar()) return {};
  const auto text = Substitute(data_->scalar, document_->environment);
  return text ? text->values : std::vector<std::string>();
}

std::string Node::AsText(std::string fallback) const {
  return Scalar("a text").value_or(std::move(fallback));
}

std::string Node::AsString(std::string fallback) const {
  const auto text = Scalar("a text");
  if (text && text->empty()) Fail("must not be empty");
  return text && !text->empty() ? *text : fallback;
}

// Errors quote the file's own text, not what the environment put in, which may be secret.
std::int64_t Node::AsInt(std::int64_t min, std::int64_t max, std::int64_t fallback) const {
  const std::string wanted = fmt::format("a whole number from {} to {}", min, max);
  const auto text = Scalar(wanted);
  if (!text) return fallback;
  const auto number = ParseInt(*text);
  if (number && *number >= min && *number <= max) return *number;
  Fail(fmt::format("must be {}, not {}", wanted, Quote(data_->scalar)));
  return fallback;
}

bool Node::AsBool(bool fallback) const {
  const auto text = Scalar("true or false");
  if (!text) return fallback;
  if (*text != "true" && *text != "false") {
    Fail(fmt::format("must be true or false, not {}", Quote(data_->scalar)));
    return fallback;
  }
  return *text == "true";
}

std::chrono::seconds Node::AsDuration(std::chrono::seconds fallback) const {
  const auto text = Scalar("a duration such as 90s, 30m, 12h or 7d");
  if (!text) return fallback;
  const auto duration = policy::ParseDuration(*text);
  if (duration) return *duration;
  Fail(fmt::format("must be a duration such as 90s, 30m, 12h or 7d, not {}", Quote(data_->scalar)));
  return fallback;
}

std::filesystem::path Node::AsPath(std::filesystem::path fallback) const {
  const auto text = Scalar("the path of a file");
  if (!text) return fallback;
  if (text->empty() || text->find('\0') != std::string::npos) {
    Fail("must be the path of a file");
    return fallback;
  }
  return (document_->file.parent_path() / *text).lexically_normal();
}

std::size_t Node::AsChoice(const std::vector<std::string_view>& names, std::size_t fallback) const {
  const std::string wanted = fmt::format("one of {}", fmt::join(names, ", "));
  const auto text = Scalar(wanted);
  if (!text) return fallback;
  const auto found = std::ranges::find(names, *text);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  Fail(fmt::format("must be {}, not {}", wanted, Quote(data_->scalar)));
  return fallback;
}

std::vector<Node> Node::AsList() const {
  std::vector<Node> nodes;
  if (data_ == nullptr) return nodes;
  if (!IsList()) Fail(fmt::format("must be a list, but is {}", KindName(data_->kind)));
  for (const NodeData* item : data_->items) nodes.push_back(Node(document_, item));
  return nodes;
}

std::vector<std::string> Node::AsStrings() const {
  std::vector<std::string> texts;
  for (const Node& node : AsList()) texts.push_back(node.AsString());
  return texts;
}

std::vector<std::pair<std::string, Node>> Node::AsMap() const {
  std::vector<std::pair<std::string, Node>> nodes;
  if (data_ == nullptr) return nodes;
  if (!IsMap()) Fail(fmt::format("must be a map of keys, but is {}", KindName(data_->kind)));
  for (const NodeData::Entry& entry : data_->entries) {
    document_->asked[data_].insert(entry.key);
    nodes.emplace_back(entry.key, Node(document_, entry.value));
  }
  return nodes;
}

Result<void> Node::Finish() const {
  if (data_ == nullptr) return {};
  NoteUnknownKeys(*document_, *data_);
  if (document_->errors.empty()) return {};
  return policy::Fail(
      ErrorCode::malformed_input,
      fmt::format("{}", fmt::join(document_->errors.Lines(document_->file.string()), "\n")));
}

Result<Document> Document::Parse(std::string_view text, const std::filesystem::path& file,
                                 Environment environment) {
  if (text.size() > kFileSizeMax) {
    return policy::Fail(ErrorCode::malformed_input,
                        fmt::format("{}:1:1: larger than 1 MiB", file.string()));
  }
  auto state = std::make_shared<DocumentState>();
  state->file = file;
  state->environment = std::move(environment);
  if (auto read = ReadTree(text, *state); !read) return tl::unexpected(read.error());
  return Document(std::move(state));
}

Result<Document> Document::Load(const std::filesystem::path& path, Environment environment) {
  auto text = platform::ReadFile(path, kFileSizeMax);
  if (!text) return tl::unexpected(text.error());
  return Parse(*text, path, std::move(environment));
}

Node Document::root() const {
  return Node(state_, state_->root);
}

}  // namespace config
