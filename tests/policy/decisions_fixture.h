#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "policy/evaluate.h"
#include "policy/indicator.h"

// Short ways for tests to write values that are known to be well-formed.

inline policy::Domain D(std::string_view text) {
  return *policy::Domain::Parse(text);
}
inline policy::IpPrefix P(std::string_view text) {
  return *policy::IpPrefix::Parse(text);
}
inline policy::Url U(std::string_view text) {
  return *policy::Url::Parse(text);
}
inline policy::Indicator I(std::string_view text) {
  return *policy::GuessIndicator(text);
}
inline policy::Confidence C(int percent) {
  return *policy::Confidence::FromPercent(percent);
}
inline policy::TimePoint T(std::string_view text) {
  return *policy::ParseTime(text);
}

inline std::vector<policy::IpPrefix> Prefixes(std::initializer_list<std::string_view> texts) {
  std::vector<policy::IpPrefix> prefixes;
  for (const std::string_view text : texts) prefixes.push_back(P(text));
  return prefixes;
}

inline std::vector<std::string> Texts(const std::vector<policy::IpPrefix>& prefixes) {
  std::vector<std::string> texts;
  for (const policy::IpPrefix& prefix : prefixes) texts.push_back(prefix.ToString());
  return texts;
}

// A name where it starts with a letter and has a dot; "=name" for the name alone; else a prefix.
inline policy::AllowEntry Entry(std::string_view text) {
  if (text.starts_with('=')) return {D(text.substr(1)), false};
  if (auto prefix = policy::IpPrefix::Parse(text)) return {*prefix, true};
  return {D(text), true};
}

inline policy::PublicSuffixList SmallSuffixList() {
  return *policy::PublicSuffixList::Parse(
      "// ===BEGIN ICANN DOMAINS===\n"
      "com\nnet\norg\nio\njp\nco.jp\nexample\n"
      "// ===END ICANN DOMAINS===\n"
      "// ===BEGIN PRIVATE DOMAINS===\n"
      "github.io\nduckdns.org\nin.net\npages.dev\n"
      "// ===END PRIVATE DOMAINS===\n");
}

struct TestList {
  std::string name;
  policy::AllowCategory category;
  policy::AllowEffect effect;
  std::vector<std::string_view> entries;
};

inline policy::Allowlist Compile(const std::vector<TestList>& lists) {
  const policy::PublicSuffixList suffixes = SmallSuffixList();
  policy::Allowlist::Builder builder(suffixes);
  for (const TestList& list : lists) {
    std::vector<policy::AllowEntry> entries;
    for (const std::string_view text : list.entries) entries.push_back(Entry(text));
    builder.Add({list.name, list.category, list.effect}, entries);
  }
  return std::move(builder).Build();
}

// One agent's rules, lists and one feed, and the question put to them.
class Bench {
 public:
  explicit Bench(const std::vector<TestList>& lists = {}) : allowlist(Compile(lists)) {}

  // Decides about `text`, seen by the feed an hour ago.
  policy::Decision Decide(std::string_view text) const { return DecideSeen(text, text); }

  // Decides about `text`, of which the feed knows `seen`.
  policy::Decision DecideSeen(std::string_view text, std::string_view seen) const {
    const policy::Observation observation = Seen(seen, now - std::chrono::hours(1));
    const policy::SourcedObservation sourced{&feed, &observation};
    return Decide(text, {&sourced, 1});
  }

  policy::Decision Decide(std::string_view text,
                          std::span<const policy::SourcedObservation> observations) const {
    const policy::Indicator indicator = I(text);
    return policy::Evaluate(
        {&indicator, observations, by_person, host_rejected, false_positive_verdicts, clients},
        policy, allowlist, suffixes, now);
  }

  static policy::Observation Seen(std::string_view text, policy::TimePoint last_seen) {
    policy::Observation observation{.indicator = I(text),
                                    .first_seen = last_seen,
                                    .last_seen = last_seen,
                                    .valid_until = std::nullopt,
                                    .confidence = std::nullopt,
                                    .online = std::nullopt,
                                    .malware = {},
                                    .tags = {},
                                    .reference = {}};
    return observation;
  }

  policy::TimePoint now = T("2026-03-15T12:00:00Z");
  policy::FeedProfile feed{"urlhaus", "abuse.ch", C(90), C(80)};
  policy::Policy policy{.version = "1",
                        .confidence_min = C(60),
                        .ages = {.domain = std::chrono::hours(24 * 30),
                                 .ip = std::chrono::hours(24 * 7),
                                 .url = std::chrono::hours(24 * 14)},
                        .lifetime_default = std::chrono::hours(24 * 7),
                        .lifetime_max = std::chrono::hours(24 * 90),
                        .breadth = {},
                        .propose_hosts_of_urls = true};
  policy::PublicSuffixList suffixes = SmallSuffixList();
  policy::Allowlist allowlist;
  bool by_person = false;
  bool host_rejected = false;
  std::uint32_t false_positive_verdicts = 0;
  std::uint64_t clients = 0;
};

inline std::vector<std::string> TargetsOf(const policy::Decision& decision) {
  std::vector<std::string> lines;
  for (const policy::Indicator& target : decision.targets) {
    lines.push_back(policy::LineOf(target));
  }
  return lines;
}

inline std::vector<std::string> CodesOf(const policy::Decision& decision) {
  std::vector<std::string> codes;
  for (const policy::Reason& reason : decision.reasons) codes.emplace_back(Name(reason.code));
  return codes;
}

inline bool Has(const policy::Decision& decision, policy::ReasonCode code) {
  for (const policy::Reason& reason : decision.reasons) {
    if (reason.code == code) return true;
  }
  return false;
}

// Whether it was dropped, for this reason first.
inline bool IsDroppedFor(const policy::Decision& decision, policy::ReasonCode code) {
  return decision.outcome == policy::Outcome::dropped && decision.targets.empty() &&
         !decision.reasons.empty() && decision.reasons.front().code == code;
}
