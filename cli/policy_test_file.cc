#include "cli/policy_test_file.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "config/policy_settings.h"
#include "config/yaml.h"
#include "platform/atomic_file.h"
#include "policy/allowlist.h"
#include "policy/evaluate.h"
#include "policy/public_suffix.h"

namespace cli {
namespace {

using config::Node;
using policy::Indicator;
using policy::Observation;
using policy::Result;

constexpr std::size_t suffix_list_size_max = 4 << 20;
constexpr std::size_t rules_size_max = 1 << 20;

// What all cases of a file share.
struct Setting {
  config::Rules rules;
  policy::PublicSuffixList suffixes;
  policy::Allowlist allowlist;
  policy::TimePoint now;
};

struct Case {
  Indicator indicator;
  std::vector<Observation> observations;
  std::vector<const policy::FeedProfile*> feeds;  // of the observations
  bool by_person;
  bool host_rejected;
  std::uint32_t refused;
};

template <class T, class Parse>
std::optional<T> Parsed(const Node& node, Parse parse) {
  if (!node.present()) return std::nullopt;
  auto value = parse(node.AsString());
  if (value) return T(std::move(*value));
  node.Fail(value.error().detail);
  return std::nullopt;
}

std::optional<policy::TimePoint> Ago(const Node& node, policy::TimePoint now) {
  if (!node.present()) return std::nullopt;
  return now - node.AsDuration();
}

std::uint32_t Count(const Node& node) {
  return static_cast<std::uint32_t>(node.AsInt(0, 1'000'000'000, 0));
}

const policy::FeedProfile* FeedOf(const Node& node, const Setting& setting) {
  const std::string name = node.AsString();
  for (const auto& feed : setting.rules.feeds) {
    if (feed.name == name) return &feed;
  }
  if (node.present()) node.Fail("there is no feed \"" + name + "\"");
  return nullptr;
}

void ReadEvidence(const Node& node, const Setting& setting, Case& one) {
  Observation seen{.indicator = one.indicator};
  const auto* feed = FeedOf(node.Require("feed"), setting);
  const auto indicator = Parsed<Indicator>(node.Optional("indicator"),
                                           [](const auto& t) { return policy::GuessIndicator(t); });
  if (indicator) seen.indicator = *indicator;
  seen.last_seen = seen.first_seen = Ago(node.Require("age"), setting.now).value_or(setting.now);
  seen.last_sighting = Ago(node.Optional("sighted"), setting.now);
  seen.valid_until = Parsed<policy::TimePoint>(node.Optional("valid_until"), policy::ParseTime);
  const Node confidence = node.Optional("confidence");
  if (confidence.present()) {
    seen.confidence =
        policy::Confidence::FromPercent(static_cast<int>(confidence.AsInt(0, 100))).value();
  }
  const auto threats = policy::ThreatNames();
  seen.threat = static_cast<policy::ThreatType>(
      node.Optional("threat").AsChoice({threats.begin(), threats.end()}));
  const Node first_seen = node.Optional("first_seen");
  if (first_seen.present()) {
    seen.first_seen = Ago(first_seen, setting.now).value_or(seen.first_seen);
  }
  const Node online = node.Optional("online");
  if (online.present()) seen.online = online.AsBool();
  seen.sightings = Count(node.Optional("sightings"));
  seen.false_positives = Count(node.Optional("false_positives"));
  if (feed == nullptr) return;
  one.observations.push_back(std::move(seen));
  one.feeds.push_back(feed);
}

policy::Decision Decide(const Case& one, const Setting& setting) {
  std::vector<policy::SourcedObservation> sources;
  for (std::size_t i = 0; i < one.observations.size(); ++i) {
    sources.push_back({one.feeds[i], &one.observations[i]});
  }
  return policy::Evaluate({&one.indicator, sources, one.by_person, one.host_rejected, one.refused},
                          setting.rules.policy, setting.allowlist, setting.suffixes, setting.now);
}

std::string Told(const policy::Decision& decision) {
  std::string text(decision.outcome == policy::Outcome::proposed ? "proposed" : "dropped");
  for (const policy::Indicator& target : decision.targets) text += ", " + policy::LineOf(target);
  for (const policy::Reason& reason : decision.reasons) {
    text += "; " + std::string(policy::Name(reason.code)) + ": " + reason.detail;
  }
  return text;
}

bool HasReason(const policy::Decision& decision, const std::string& code) {
  const auto is_it = [&](const policy::Reason& reason) {
    return policy::Name(reason.code) == code;
  };
  if (decision.outcome == policy::Outcome::dropped) return is_it(decision.reasons.front());
  return std::any_of(decision.reasons.begin(), decision.reasons.end(), is_it);
}

// What it ought to be and is not; empty if all is well. `targets`: exactly those lines.
std::string WrongWith(const policy::Decision& decision, policy::Outcome outcome,
                      const std::string& code,
                      const std::optional<std::vector<std::string>>& targets) {
  std::string expected;
  if (decision.outcome != outcome) {
    expected = outcome == policy::Outcome::proposed ? "proposed" : "dropped";
  } else if (!code.empty() && !HasReason(decision, code)) {
    expected = "the reason " + code;
  } else if (targets) {
    std::vector<std::string> lines;
    for (const Indicator& target : decision.targets) lines.push_back(policy::LineOf(target));
    if (lines != *targets) expected = "other targets";
  }
  return expected.empty() ? "" : "expected " + expected + ", got " + Told(decision);
}

void RunCase(const Node& node, const Setting& setting, PolicyTestReport& report) {
  const Node text = node.Require("indicator");
  const auto indicator =
      Parsed<Indicator>(text, [](const auto& t) { return policy::GuessIndicator(t); });
  Case one{indicator.value_or(policy::Domain::Parse("invalid.example").value()),
           {},
           {},
           node.Optional("by_person").AsBool(false),
           node.Optional("host_rejected").AsBool(false),
           Count(node.Optional("refused_as_false_positive"))};
  for (const Node& each : node.Optional("evidence").AsList()) ReadEvidence(each, setting, one);
  constexpr policy::Outcome outcomes[] = {policy::Outcome::proposed, policy::Outcome::dropped};
  const auto outcome = outcomes[node.Require("expect").AsChoice({"proposed", "dropped"})];
  const std::string code = node.Optional("reason").AsString();
  std::optional<std::vector<std::string>> targets;
  const Node wanted = node.Optional("targets");
  if (wanted.present()) targets = wanted.AsStrings();
  ++report.cases;
  const std::string wrong = WrongWith(Decide(one, setting), outcome, code, targets);
  if (wrong.empty()) return;
  report.failures.push_back(node.Where() + ": " + policy::TextOf(one.indicator) + ": " + wrong);
}

policy::Allowlist ReadAllowlist(const Node& root, const policy::PublicSuffixList& suffixes) {
  policy::Allowlist::Builder builder(suffixes);
  for (const Node& each : root.Optional("allowlists").AsList()) {
    const std::string name = each.Require("name").AsString();
    const auto category =
        Parsed<policy::AllowCategory>(each.Require("category"), policy::ParseAllowCategory);
    const auto effect =
        Parsed<policy::AllowEffect>(each.Require("effect"), policy::ParseAllowEffect);
    const auto entries = config::ReadAllowEntries(each.Require("entries"));
    if (category && effect) builder.Add({name, *category, *effect}, entries);
  }
  builder.Add(
      {"own infrastructure", policy::AllowCategory::own_infrastructure, policy::AllowEffect::never},
      config::ReadAllowEntries(root.Optional("own")));
  builder.Add(
      {"special-purpose addresses and names", policy::AllowCategory::special_purpose,
       policy::AllowEffect::never},
      policy::SpecialPurposeEntries(root.Optional("documentation_is_special").AsBool(true)));
  return std::move(builder).Build();
}

// The agent's own, where the file names its configuration; else those written in the file.
Result<config::Rules> ReadRules(const Node& root) {
  const Node file = root.Optional("rules");
  if (file.present()) {
    const auto text = platform::ReadFile(file.AsPath(), rules_size_max);
    if (!text) return tl::unexpected(text.error());
    return config::ParseRules(*text, file.AsPath());
  }
  config::Rules rules{config::ReadPolicy(root.Require("policy")), {}};
  for (const Node& feed : root.Require("feeds").AsList()) {
    rules.feeds.push_back(config::ReadFeedProfile(feed));
  }
  return rules;
}

Result<policy::PublicSuffixList> ReadSuffixes(const Node& node) {
  const auto path = node.AsPath("/usr/share/publicsuffix/public_suffix_list.dat");
  const auto text = platform::ReadFile(path, suffix_list_size_max);
  if (!text) return tl::unexpected(text.error());
  return policy::PublicSuffixList::Parse(*text);
}

}  // namespace

Result<PolicyTestReport> RunPolicyTests(const std::filesystem::path& file) {
  auto document = config::Document::Load(file);
  if (!document) return tl::unexpected(document.error());
  const Node root = document->root();
  auto rules = ReadRules(root);
  if (!rules) return tl::unexpected(rules.error());
  auto suffixes = ReadSuffixes(root.Optional("public_suffix_list"));
  if (!suffixes) return tl::unexpected(suffixes.error());
  auto allowlist = ReadAllowlist(root, *suffixes);
  const auto now = Parsed<policy::TimePoint>(root.Require("now"), policy::ParseTime);
  const Setting setting{std::move(*rules), std::move(*suffixes), std::move(allowlist),
                        now.value_or(policy::TimePoint{})};
  PolicyTestReport report;
  for (const Node& each : root.Require("cases").AsList()) RunCase(each, setting, report);
  // A mistake in the file is told before any failure that may come of it.
  if (auto finished = document->Finish(); !finished) return tl::unexpected(finished.error());
  return report;
}

}  // namespace cli
