#include "agent/feeds/suricata_rules.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "agent/feeds/feed_text.h"
#include "agent/feeds/snapshot_builder.h"
#include "agent/feeds/suricata_match.h"
#include "agent/feeds/suricata_rule.h"

namespace agent::feeds {
namespace {

using policy::Result;
using policy::ThreatType;

struct ClassMeaning {
  std::string_view classtype;
  ThreatType threat;
};
// Of Suricata's classification.config, those that say what an indicator is for.
constexpr std::array<ClassMeaning, 10> kClasses{{
    {"command-and-control", ThreatType::c2},
    {"domain-c2", ThreatType::c2},
    {"credential-theft", ThreatType::phishing},
    {"social-engineering", ThreatType::phishing},
    {"exploit-kit", ThreatType::exploit},
    {"attempted-admin", ThreatType::exploit},
    {"attempted-user", ThreatType::exploit},
    {"web-application-attack", ThreatType::exploit},
    {"attempted-recon", ThreatType::scanning},
    {"network-scan", ThreatType::scanning},
}};

// What stands after `name` and a blank in "name value, name value".
std::string_view MetadataOf(std::string_view metadata, std::string_view name) {
  while (!metadata.empty()) {
    const std::size_t comma = std::min(metadata.find(','), metadata.size());
    std::string_view rest = metadata.substr(0, comma);
    if (TakeWord(rest) == name) return rest;
    metadata.remove_prefix(std::min(comma + 1, metadata.size()));
  }
  return {};
}

// "url,example.org/x": a person will click on it, so it has to be a web address.
std::string ReferenceOf(std::string_view value) {
  constexpr std::string_view url = "url,";
  if (!value.starts_with(url)) return {};
  value = TrimBlanks(value.substr(url.size()));
  const bool has_scheme = value.starts_with("http://") || value.starts_with("https://");
  const auto link = policy::Url::Parse((has_scheme ? "" : "https://") + std::string(value));
  return link ? link->text() : std::string();
}

void AddTag(std::string tag, policy::Observation& observation) {
  std::replace(tag.begin(), tag.end(), ',', ';');
  observation.tags.append(observation.tags.empty() ? "" : ",").append(tag);
}

policy::Observation Describe(const SuricataRule& rule, policy::Indicator indicator,
                             policy::TimePoint seen_at) {
  policy::Observation observation = SeenAt(std::move(indicator), seen_at);
  for (const auto& [key, value] : rule.options) {
    if (key == "classtype") {
      const auto meaning = std::find_if(kClasses.begin(), kClasses.end(), [&](const auto& known) {
        return known.classtype == value;
      });
      if (meaning != kClasses.end()) observation.threat = meaning->threat;
      AddTag(value, observation);
    } else if (key == "sid") {
      AddTag("sid:" + value, observation);
    } else if (key == "metadata") {
      observation.malware = MetadataOf(value, "malware_family");
    } else if (key == "reference" && observation.reference.empty()) {
      observation.reference = ReferenceOf(value);
    }
  }
  return observation;
}

class Reader {
 public:
  Reader(policy::TimePoint fetched_at, const SuricataOptions& options, SnapshotBuilder& builder)
      : fetched_at_(fetched_at), options_(options), builder_(builder) {}

  void Line(std::size_t number, std::string_view line) {
    if (builder_.full()) return;
    if (const std::string_view fault = LineFault(line); !fault.empty()) {
      joined_.clear();
      return builder_.Reject(number, fault);
    }
    line = TrimBlanks(line);
    if (joined_.empty() && (line.empty() || line.starts_with('#'))) return;
    if (joined_.empty()) first_ = number;
    const bool goes_on = line.ends_with('\\');
    joined_.append(line.substr(0, line.size() - (goes_on ? 1 : 0)));
    if (joined_.size() > line_size_max) {
      joined_.clear();
      return builder_.Reject(first_, "longer than 64 KiB");
    }
    if (!goes_on) Finish();
  }

  void Finish() {
    if (joined_.empty()) return;
    Take(std::exchange(joined_, {}));
  }

 private:
  void Take(const std::string& text) {
    const auto rule = ParseSuricataRule(text);
    if (!rule) return builder_.Reject(first_, "no rule", rule.error().detail);
    auto indicators = IndicatorsOf(*rule, options_.unanchored);
    if (!indicators) return Refuse(indicators.error());
    for (policy::Indicator& indicator : *indicators) {
      builder_.Add(Describe(*rule, std::move(indicator), fetched_at_));
    }
  }

  void Refuse(const policy::Error& error) {
    if (error.code == policy::ErrorCode::not_allowed) {
      builder_.Decline(first_, error.detail);
    } else {
      builder_.Reject(first_, "no rule", error.detail);
    }
  }

  policy::TimePoint fetched_at_;
  const SuricataOptions& options_;
  SnapshotBuilder& builder_;
  std::string joined_;
  std::size_t first_ = 0;
};

}  // namespace

Result<FeedSnapshot> ParseSuricataRules(std::string_view bytes, policy::TimePoint fetched_at,
                                        std::size_t rows_max, const SuricataOptions& options) {
  const auto text = CheckFeedText(bytes);
  if (!text) return tl::unexpected(text.error());
  SnapshotBuilder builder(rows_max);
  Reader reader(fetched_at, options, builder);
  ForEachLine(*text, [&](std::size_t number, std::string_view line) { reader.Line(number, line); });
  reader.Finish();
  return std::move(builder).Finish();
}

}  // namespace agent::feeds
