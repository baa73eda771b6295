#include "agent/feeds/own_assets.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "config/yaml.h"
#include "policy/time.h"

namespace agent::feeds {
namespace {

using config::Node;
using policy::AllowEntry;
using policy::AllowNote;
using policy::Result;

// A date alone is the first moment of that day.
std::optional<policy::TimePoint> ReadExpiry(const Node& node) {
  if (!node.present()) return std::nullopt;
  std::string text = node.AsString();
  constexpr std::size_t date_size = 10;
  if (text.size() == date_size) text += "T00:00:00Z";
  const auto time = policy::ParseTime(text);
  if (time) return *time;
  node.Fail("is neither a date like 2027-01-01 nor a time like 2027-01-01T09:00:00Z");
  return std::nullopt;
}

std::optional<AllowEntry> ReadMatch(const Node& node, const Node& subtree) {
  const std::string text = node.AsString();
  const bool with_subtree = subtree.AsBool(false);
  if (const auto prefix = policy::IpPrefix::Parse(text)) {
    if (subtree.present()) subtree.Fail("is for names");
    if (prefix->length() > 0) return AllowEntry{*prefix, true};
    node.Fail("holds every address: it would allow the whole Internet");
    return std::nullopt;
  }
  auto name = policy::Domain::Parse(text);
  if (name) return AllowEntry{*std::move(name), with_subtree};
  if (node.present()) {
    node.Fail("is neither an address, a prefix nor a domain: " + name.error().detail);
  }
  return std::nullopt;
}

// What the history and people's screens can show on one line.
std::string ReadLine(const Node& node) {
  std::string text = node.AsString();
  constexpr std::size_t size_max = 200;
  if (text.size() > size_max || text.find_first_of("\r\n") != std::string::npos) {
    node.Fail("is to be one line of at most 200 octets");
  }
  return text;
}

std::optional<std::string> NoEnvironment(const std::string& /*name*/) {
  return std::nullopt;
}

}  // namespace

Result<policy::ParsedAllowlist> ParseOwnAssets(std::string_view bytes) {
  const auto document = config::Document::Parse(bytes, "assets", NoEnvironment);
  if (!document) return tl::unexpected(document.error());
  policy::ParsedAllowlist parsed;
  for (const Node& each : document->root().Require("entries").AsList()) {
    auto entry = ReadMatch(each.Require("match"), each.Optional("subtree"));
    AllowNote note{ReadLine(each.Require("owner")), ReadLine(each.Require("reason")),
                   ReadExpiry(each.Optional("expires"))};
    if (!entry) continue;
    entry->note = std::make_shared<const AllowNote>(std::move(note));
    parsed.entries.push_back(*std::move(entry));
  }
  if (auto finished = document->Finish(); !finished) return tl::unexpected(finished.error());
  return parsed;
}

}  // namespace agent::feeds
