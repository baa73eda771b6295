#include "config/policy_settings.h"

#include <charconv>
#include <optional>
#include <string>
#include <utility>

namespace config {
namespace {

using policy::AgeOverride;
using policy::AgeRules;
using policy::Confidence;
using std::chrono::hours;

Confidence Percent(int percent) {
  return Confidence::FromPercent(percent).value();
}

Confidence ReadPercent(const Node& node, int fallback) {
  return Percent(static_cast<int>(node.AsInt(0, 100, fallback)));
}

std::optional<std::chrono::seconds> ReadAge(const Node& node) {
  if (!node.present()) return std::nullopt;
  return node.AsDuration();
}

AgeOverride ReadOverride(const Node& node) {
  return {ReadAge(node.Optional("domain")), ReadAge(node.Optional("ip")),
          ReadAge(node.Optional("url"))};
}

double ReadSpeed(const Node& node) {
  constexpr double least = 0.01;
  constexpr double most = 100;
  const std::string text = node.AsString("1");
  double speed = 1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), speed);
  if (error == std::errc() && end == text.data() + text.size() && speed >= least && speed <= most) {
    return speed;
  }
  node.Fail("must be a number from 0.01 to 100");
  return 1;
}

std::optional<policy::Decay> ReadDecay(const Node& node) {
  if (!node.present()) return std::nullopt;
  return policy::Decay{ReadSpeed(node.Require("speed")),
                       static_cast<int>(node.Optional("threshold").AsInt(0, 100, 0))};
}

AgeRules ReadAges(const Node& node) {
  AgeRules rules{.domain = node.Optional("domain").AsDuration(hours(24 * 30)),
                 .ip = node.Optional("ip").AsDuration(hours(24 * 14)),
                 .url = node.Optional("url").AsDuration(hours(24 * 14))};
  for (std::size_t i = 0; i < policy::threat_types; ++i) {
    const auto name = policy::Name(static_cast<policy::ThreatType>(i));
    rules.by_threat[i] = ReadOverride(node.Optional(name));
  }
  const Node offline = node.Optional("offline");
  rules.offline = ReadOverride(offline);
  rules.offline_percent = static_cast<int>(offline.Optional("percent").AsInt(0, 100, 50));
  rules.decay = ReadDecay(node.Optional("decay"));
  return rules;
}

void ReadBreadth(const Node& node, policy::BreadthLimits& limits) {
  const auto length = [&](const char* key, int most, int& value) {
    value = static_cast<int>(node.Optional(key).AsInt(8, most, value));
  };
  length("ipv4_length_min", 32, limits.ipv4_length_min);
  length("ipv6_length_min", 128, limits.ipv6_length_min);
  length("ipv4_length_two_approvers", 32, limits.ipv4_length_two_approvers);
  length("ipv6_length_two_approvers", 128, limits.ipv6_length_two_approvers);
}

Confidence ReadReliability(const Node& node) {
  const auto reliability = policy::ParseReliability(node.AsString("F"));
  if (reliability) return *reliability;
  node.Fail(reliability.error().detail);
  return Percent(0);
}

}  // namespace

policy::Policy ReadPolicy(const Node& node) {
  policy::Policy policy{
      .version = node.Require("version").AsString("0"),
      .confidence_min = ReadPercent(node.Optional("confidence_min"), 50),
      .ages = ReadAges(node.Optional("ages")),
      .lifetime_default = node.Optional("lifetime_default").AsDuration(hours(24 * 7)),
      .lifetime_max = node.Optional("lifetime_max").AsDuration(hours(24 * 90)),
      .breadth = {},
  };
  policy.propose_hosts_of_urls = node.Optional("propose_hosts_of_urls").AsBool(true);
  policy.false_positive_penalty_percent =
      static_cast<int>(node.Optional("false_positive_penalty").AsInt(0, 100, 50));
  policy.clients_alone_max =
      static_cast<std::uint64_t>(node.Optional("clients_alone_max").AsInt(0, 1'000'000'000, 5));
  ReadBreadth(node.Optional("breadth"), policy.breadth);
  const Node two = node.Optional("two_approvers");
  policy.beside_popular_takes_two =
      two.Optional("beside_popular").AsBool(policy.beside_popular_takes_two);
  policy.known_for_takes_two = two.Optional("known_for").AsDuration(policy.known_for_takes_two);
  if (policy.lifetime_default > policy.lifetime_max) {
    node.Optional("lifetime_default").Fail("must not be above lifetime_max");
  }
  return policy;
}

policy::FeedProfile ReadFeedProfile(const Node& feed, policy::FeedRole role) {
  const std::string name = feed.Require("name").AsString();
  return {.name = name,
          .source = feed.Optional("source").AsString(name),
          .reliability = ReadReliability(feed.Optional("reliability")),
          .default_confidence = ReadPercent(feed.Optional("default_confidence"), 75),
          // In the order of the enumeration.
          .role = static_cast<policy::FeedRole>(feed.Optional("role").AsChoice(
              {"intelligence", "detections"}, static_cast<std::size_t>(role)))};
}

std::vector<policy::AllowEntry> ReadAllowEntries(const Node& list) {
  std::vector<policy::AllowEntry> entries;
  for (const Node& each : list.AsList()) {
    const std::string text = each.AsString();
    if (auto prefix = policy::IpPrefix::Parse(text)) {
      entries.push_back({*prefix, true});
    } else if (auto domain = policy::Domain::Parse(text)) {
      entries.push_back({*domain, true});
    } else {
      each.Fail("neither an address, a prefix nor a domain: " + domain.error().detail);
    }
  }
  return entries;
}

policy::Result<Rules> ParseRules(std::string_view text, const std::filesystem::path& file) {
  auto document =
      Document::Parse(text, file, [](const std::string&) { return std::optional<std::string>(); });
  if (!document) return tl::unexpected(document.error());
  const Node root = document->root();
  const Node policy = root.Require("policy");
  Rules rules{ReadPolicy(policy), {}};
  for (const Node& feed : root.Optional("feeds").AsList()) {
    rules.feeds.push_back(ReadFeedProfile(feed));
  }
  // An absent node reports nothing, not even that it is missing.
  auto finished = policy.present() ? policy.Finish() : document->Finish();
  if (!finished) return tl::unexpected(finished.error());
  return rules;
}

}  // namespace config
