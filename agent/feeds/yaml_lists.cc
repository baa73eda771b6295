#include "agent/feeds/yaml_lists.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "agent/feeds/feed_text.h"
#include "agent/feeds/snapshot_builder.h"
#include "config/yaml.h"
#include "policy/quote.h"

namespace agent::feeds {
namespace {

using config::Node;
using policy::Result;

constexpr std::string_view kFile = "feed";

// Of "feed:12:7".
std::size_t LineOf(const Node& node) {
  const std::string where = node.Where();
  std::size_t line = 1;
  if (where.size() > kFile.size()) {
    std::from_chars(where.data() + kFile.size() + 1, where.data() + where.size(), line);
  }
  return line;
}

class Walker {
 public:
  Walker(policy::TimePoint fetched_at, const YamlOptions& options, SnapshotBuilder& builder)
      : fetched_at_(fetched_at), options_(options), builder_(builder) {}

  // A document is no deeper than 32.
  void Walk(const Node& node, std::string malware) {
    if (node.IsList()) {
      for (const Node& each : node.AsList()) Walk(each, malware);
    } else if (node.IsMap()) {
      const auto members = node.AsMap();
      for (const auto& [key, value] : members) {
        if (key == options_.malware && value.IsScalar()) malware = value.AsString();
      }
      for (const auto& [key, value] : members) Member(key, value, malware);
    }
  }

 private:
  void Member(const std::string& key, const Node& value, const std::string& malware) {
    const bool is_wanted =
        std::find(options_.keys.begin(), options_.keys.end(), key) != options_.keys.end();
    if (!is_wanted || value.IsMap()) return Walk(value, malware);
    if (value.IsScalar()) return Take(value, malware);
    for (const Node& each : value.AsList()) {
      if (each.IsScalar()) {
        Take(each, malware);
      } else {
        Walk(each, malware);
      }
    }
  }

  void Take(const Node& node, const std::string& malware) {
    if (builder_.full()) return;
    const std::string text = node.AsText();
    if (const std::string_view fault = LineFault(text); !fault.empty()) {
      return builder_.Reject(LineOf(node), fault);
    }
    auto indicator = policy::GuessIndicator(text);
    if (!indicator) return builder_.Reject(LineOf(node), "no indicator", indicator.error().detail);
    policy::Observation observation = SeenAt(*std::move(indicator), fetched_at_);
    observation.malware = LineFault(malware).empty() ? malware : std::string();
    builder_.Add(std::move(observation));
  }

  policy::TimePoint fetched_at_;
  const YamlOptions& options_;
  SnapshotBuilder& builder_;
};

// What a feed wants to know of our environment is none of its business.
std::optional<std::string> NoEnvironment(const std::string& /*name*/) {
  return std::nullopt;
}

}  // namespace

Result<FeedSnapshot> ParseYamlLists(std::string_view bytes, policy::TimePoint fetched_at,
                                    std::size_t rows_max, const YamlOptions& options) {
  const auto text = CheckFeedText(bytes);
  if (!text) return tl::unexpected(text.error());
  const auto document = config::Document::Parse(*text, kFile, NoEnvironment);
  if (!document) return tl::unexpected(document.error());
  SnapshotBuilder builder(rows_max);
  Walker(fetched_at, options, builder).Walk(document->root(), {});
  return std::move(builder).Finish();
}

}  // namespace agent::feeds
