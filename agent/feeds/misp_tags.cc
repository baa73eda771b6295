#include "agent/feeds/misp_tags.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace agent::feeds {
namespace {

using policy::Confidence;
using policy::ThreatType;

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool Equal(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

// A machine tag: scope:predicate="value", of which the value may be missing.
struct MachineTag {
  std::string_view scope;
  std::string_view predicate;
  std::string_view value;
};

MachineTag Split(std::string_view tag) {
  const std::size_t colon = tag.find(':');
  if (colon == std::string_view::npos) return {};
  MachineTag parts{tag.substr(0, colon), tag.substr(colon + 1), {}};
  const std::size_t equals = parts.predicate.find('=');
  if (equals == std::string_view::npos) return parts;
  parts.value = parts.predicate.substr(equals + 1);
  parts.predicate = parts.predicate.substr(0, equals);
  if (parts.value.size() >= 2 && parts.value.front() == '"' && parts.value.back() == '"') {
    parts.value = parts.value.substr(1, parts.value.size() - 2);
  }
  return parts;
}

struct ConfidenceRow {
  std::string_view scope;
  std::string_view predicate;
  std::string_view value;
  int percent;
};

// The Admiralty scale's five steps are spread as STIX 2.1 does it (appendix A, "Admiralty
// Credibility"); estimative language is the middle of the range that the taxonomy gives (ICD 203);
// misp:confidence-level has the numbers of the MISP taxonomy format (numerical_value). What
// "can't be judged" (admiralty-scale f and 6) is no confidence.
constexpr std::array kConfidences{
    ConfidenceRow{"admiralty-scale", "source-reliability", "a", 90},
    ConfidenceRow{"admiralty-scale", "source-reliability", "b", 70},
    ConfidenceRow{"admiralty-scale", "source-reliability", "c", 50},
    ConfidenceRow{"admiralty-scale", "source-reliability", "d", 30},
    ConfidenceRow{"admiralty-scale", "source-reliability", "e", 10},
    ConfidenceRow{"admiralty-scale", "information-credibility", "1", 90},
    ConfidenceRow{"admiralty-scale", "information-credibility", "2", 70},
    ConfidenceRow{"admiralty-scale", "information-credibility", "3", 50},
    ConfidenceRow{"admiralty-scale", "information-credibility", "4", 30},
    ConfidenceRow{"admiralty-scale", "information-credibility", "5", 10},
    ConfidenceRow{"estimative-language", "likelihood-probability", "almost-no-chance", 3},
    ConfidenceRow{"estimative-language", "likelihood-probability", "very-unlikely", 12},
    ConfidenceRow{"estimative-language", "likelihood-probability", "unlikely", 32},
    ConfidenceRow{"estimative-language", "likelihood-probability", "roughly-even-chance", 50},
    ConfidenceRow{"estimative-language", "likelihood-probability", "likely", 67},
    ConfidenceRow{"estimative-language", "likelihood-probability", "very-likely", 87},
    ConfidenceRow{"estimative-language", "likelihood-probability", "almost-certain", 97},
    ConfidenceRow{"estimative-language", "confidence-in-analytic-judgment", "low", 15},
    ConfidenceRow{"estimative-language", "confidence-in-analytic-judgment", "moderate", 50},
    ConfidenceRow{"estimative-language", "confidence-in-analytic-judgment", "high", 85},
    ConfidenceRow{"misp", "confidence-level", "completely-confident", 100},
    ConfidenceRow{"misp", "confidence-level", "usually-confident", 75},
    ConfidenceRow{"misp", "confidence-level", "fairly-confident", 50},
    ConfidenceRow{"misp", "confidence-level", "rarely-confident", 25},
    ConfidenceRow{"misp", "confidence-level", "unconfident", 0},
};

struct ThreatRow {
  std::string_view scope;
  std::string_view predicate;
  std::string_view value;
  ThreatType threat;
};

constexpr std::array kThreats{
    ThreatRow{"kill-chain", "Reconnaissance", "", ThreatType::scanning},
    ThreatRow{"kill-chain", "Delivery", "", ThreatType::malware_download},
    ThreatRow{"kill-chain", "Exploitation", "", ThreatType::exploit},
    ThreatRow{"kill-chain", "Command and Control", "", ThreatType::c2},
    ThreatRow{"ecsirt", "malicious-code", "c&c", ThreatType::c2},
    ThreatRow{"ecsirt", "malicious-code", "c2server", ThreatType::c2},
    ThreatRow{"ecsirt", "fraud", "phishing", ThreatType::phishing},
    ThreatRow{"ecsirt", "information-gathering", "scanner", ThreatType::scanning},
    ThreatRow{"ecsirt", "intrusion-attempts", "exploit", ThreatType::exploit},
    ThreatRow{"rsit", "malicious-code", "c2-server", ThreatType::c2},
    ThreatRow{"rsit", "malicious-code", "malware-distribution", ThreatType::malware_download},
    ThreatRow{"rsit", "fraud", "phishing", ThreatType::phishing},
    ThreatRow{"rsit", "information-gathering", "scanner", ThreatType::scanning},
    ThreatRow{"rsit", "intrusion-attempts", "ids-alert", ThreatType::exploit},
};

// Galaxies whose clusters are families of malware.
constexpr std::array<std::string_view, 14> kMalwareGalaxies{"malpedia",
                                                            "ransomware",
                                                            "tool",
                                                            "mitre-malware",
                                                            "mitre-tool",
                                                            "mitre-enterprise-attack-malware",
                                                            "mitre-enterprise-attack-tool",
                                                            "mitre-mobile-attack-malware",
                                                            "banker",
                                                            "stealer",
                                                            "rat",
                                                            "botnet",
                                                            "backdoor",
                                                            "cryptominers"};

std::optional<Confidence> ConfidenceOf(const MachineTag& tag) {
  if (Equal(tag.scope, "osint") && Equal(tag.predicate, "certainty")) {
    int percent = 0;
    const char* const end = tag.value.data() + tag.value.size();
    const auto [stop, error] = std::from_chars(tag.value.data(), end, percent);
    if (error != std::errc{} || stop != end) return std::nullopt;
    const auto confidence = Confidence::FromPercent(percent);
    return confidence ? std::optional(*confidence) : std::nullopt;
  }
  for (const ConfidenceRow& row : kConfidences) {
    if (Equal(tag.value, row.value) && Equal(tag.predicate, row.predicate) &&
        Equal(tag.scope, row.scope)) {
      return *Confidence::FromPercent(row.percent);
    }
  }
  return std::nullopt;
}

ThreatType ThreatOf(const MachineTag& tag) {
  for (const ThreatRow& row : kThreats) {
    if (Equal(tag.value, row.value) && Equal(tag.predicate, row.predicate) &&
        Equal(tag.scope, row.scope)) {
      return row.threat;
    }
  }
  return ThreatType::unknown;
}

constexpr std::array<std::string_view, 2> kCampaignGalaxies{"mitre-campaign", "campaigns"};

// Without MITRE's number: "njRAT - S0385", "Operation Ghost - C0023".
std::string_view NameOf(std::string_view name) {
  const std::size_t dash = name.rfind(" - ");
  if (dash == std::string_view::npos || dash == 0) return name;
  std::string_view number = name.substr(dash + 3);
  if (!number.starts_with('S') && !number.starts_with('C')) return name;
  number.remove_prefix(1);
  const bool is_number =
      !number.empty() && std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; });
  return is_number ? name.substr(0, dash) : name;
}

// What a tag of one of these galaxies names.
std::string_view NameIn(std::span<const std::string_view> galaxies, const MachineTag& tag) {
  if (!Equal(tag.scope, "misp-galaxy")) return {};
  const bool is_one = std::ranges::any_of(
      galaxies, [&](std::string_view galaxy) { return Equal(tag.predicate, galaxy); });
  return is_one ? NameOf(tag.value) : std::string_view();
}

bool Matches(std::string_view tag, std::string_view pattern) {
  const bool at_end = pattern.ends_with('%');
  if (at_end) pattern.remove_suffix(1);
  const bool at_start = pattern.starts_with('%');
  if (at_start) pattern.remove_prefix(1);
  if (at_start && at_end) {
    return !std::ranges::search(tag, pattern, {}, Lower, Lower).empty() || pattern.empty();
  }
  if (tag.size() < pattern.size()) return false;
  if (at_end) return Equal(tag.substr(0, pattern.size()), pattern);
  if (at_start) return Equal(tag.substr(tag.size() - pattern.size()), pattern);
  return Equal(tag, pattern);
}

}  // namespace

TagFindings ReadTags(std::span<const std::string> tags) {
  TagFindings found;
  for (const std::string& text : tags) {
    const MachineTag tag = Split(text);
    if (Equal(tag.scope, "tlp")) found.tlp = std::max(found.tlp, ParseTlp(tag.predicate));
    if (const auto confidence = ConfidenceOf(tag)) {
      found.confidence = found.confidence ? std::min(*found.confidence, *confidence) : *confidence;
    }
    if (found.malware.empty()) found.malware = NameIn(kMalwareGalaxies, tag);
    if (found.campaign.empty()) found.campaign = NameIn(kCampaignGalaxies, tag);
    if (found.threat == ThreatType::unknown) found.threat = ThreatOf(tag);
  }
  return found;
}

TagFindings ReadTags(std::span<const std::string> own, std::span<const std::string> of_event) {
  TagFindings found = ReadTags(own);
  TagFindings event = ReadTags(of_event);
  found.tlp = std::max(found.tlp, event.tlp);
  if (!found.confidence) found.confidence = event.confidence;
  if (found.malware.empty()) found.malware = std::move(event.malware);
  if (found.campaign.empty()) found.campaign = std::move(event.campaign);
  if (found.threat == ThreatType::unknown) found.threat = event.threat;
  return found;
}

bool MatchesTag(std::string_view tag, std::span<const std::string> patterns) {
  return std::ranges::any_of(patterns,
                             [tag](const std::string& pattern) { return Matches(tag, pattern); });
}

}  // namespace agent::feeds
