#include "agent/feeds/stix_model.h"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/feeds/stix_objects.h"
#include "policy/url.h"

namespace agent::feeds {
namespace {

using Json = nlohmann::json;
using policy::ThreatType;

constexpr std::size_t kTextSizeMax = 128;  // of a label or name; longer ones are prose
constexpr std::size_t kTextsMax = 32;

struct ThreatWord {
  std::string_view word;
  ThreatType threat;
};
// Phases of Lockheed Martin's and MITRE's kill chains, and what people write as labels.
constexpr std::array<ThreatWord, 15> kThreatWords{
    {{"command-and-control", ThreatType::c2},
     {"c2", ThreatType::c2},
     {"c&c", ThreatType::c2},
     {"botnet", ThreatType::c2},
     {"phishing", ThreatType::phishing},
     {"credential-phishing", ThreatType::phishing},
     {"delivery", ThreatType::malware_download},
     {"malware-download", ThreatType::malware_download},
     {"malware_download", ThreatType::malware_download},
     {"malware-distribution", ThreatType::malware_download},
     {"exploitation", ThreatType::exploit},
     {"exploit", ThreatType::exploit},
     {"reconnaissance", ThreatType::scanning},
     {"scanning", ThreatType::scanning},
     {"scanner", ThreatType::scanning}}};

// OASIS's own marking definitions: those of TLP 1.0, which STIX 2.0 and 2.1 share, and of TLP 2.0
// (https://github.com/oasis-open/cti-stix-common-objects). Few bundles hold them themselves.
struct TlpId {
  std::string_view id;
  Tlp tlp;
};
constexpr std::array<TlpId, 9> kTlpIds{
    {{"marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9", Tlp::clear},
     {"marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da", Tlp::green},
     {"marking-definition--f88d31f6-486f-44da-b317-01333bde0b82", Tlp::amber},
     {"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed", Tlp::red},
     {"marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487", Tlp::clear},
     {"marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb", Tlp::green},
     {"marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421", Tlp::amber},
     {"marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003", Tlp::amber_strict},
     {"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1", Tlp::red}}};
constexpr const char* kTlp2Extension = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d";

// The elements of the list `name` that are objects.
template <class Visit>
void ForEachObjectIn(const Json& object, const char* name, Visit visit) {
  const auto list = object.find(name);
  if (list == object.end() || !list->is_array()) return;
  for (const Json& element : *list) {
    if (element.is_object()) visit(element);
  }
}

void AddTexts(const Json& object, const char* name, std::vector<std::string>& texts) {
  const auto list = object.find(name);
  if (list == object.end() || !list->is_array()) return;
  for (const Json& element : *list) {
    if (!element.is_string() || texts.size() >= kTextsMax) continue;
    const std::string& text = element.get_ref<const std::string&>();
    if (text.size() <= kTextSizeMax) texts.push_back(text);
  }
}

std::optional<policy::Confidence> ConfidenceOf(const Json& object) {
  const auto percent = object.find("confidence");
  if (percent == object.end() || !percent->is_number_integer()) return std::nullopt;
  const auto value = percent->get<std::int64_t>();
  if (value < 0 || value > 100) return std::nullopt;
  return policy::Confidence::FromPercent(static_cast<int>(value)).value();
}

ThreatType ThreatOf(std::string word) {
  std::transform(word.begin(), word.end(), word.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const auto known = std::find_if(kThreatWords.begin(), kThreatWords.end(),
                                  [&](const ThreatWord& each) { return each.word == word; });
  return known == kThreatWords.end() ? ThreatType::unknown : known->threat;
}

// Labels are the author's word on this indicator; phases come from a catalogue.
ThreatType ThreatOf(const Json& object, const std::vector<std::string>& labels) {
  for (const std::string& label : labels) {
    if (const ThreatType threat = ThreatOf(label); threat != ThreatType::unknown) return threat;
  }
  ThreatType found = ThreatType::unknown;
  ForEachObjectIn(object, "kill_chain_phases", [&](const Json& phase) {
    if (found == ThreatType::unknown) found = ThreatOf(StixText(phase, "phase_name"));
  });
  return found;
}

// The first that a person can click on.
std::string ReferenceOf(const Json& object) {
  std::string found;
  ForEachObjectIn(object, "external_references", [&](const Json& reference) {
    if (!found.empty()) return;
    if (const auto url = policy::Url::Parse(StixText(reference, "url"))) found = url->text();
  });
  return found;
}

std::vector<std::string> MarkingsOf(const Json& object) {
  std::vector<std::string> markings;
  AddTexts(object, "object_marking_refs", markings);
  // One on a part of the object is taken as one on the whole.
  ForEachObjectIn(object, "granular_markings", [&](const Json& marking) {
    if (markings.size() < kTextsMax) markings.push_back(StixText(marking, "marking_ref"));
  });
  return markings;
}

std::optional<Tlp> TlpOfDefinition(const Json& object) {
  const auto definition = object.find("definition");
  if (definition != object.end() && definition->is_object()) {
    if (const auto tlp = ParseTlp(StixText(*definition, "tlp"))) return tlp;
  }
  const auto extensions = object.find("extensions");
  if (extensions != object.end() && extensions->is_object()) {
    const auto extension = extensions->find(kTlp2Extension);
    if (extension != extensions->end() && extension->is_object()) {
      if (const auto tlp = ParseTlp(StixText(*extension, "tlp_2_0"))) return tlp;
    }
  }
  return ParseTlp(StixText(object, "name"));
}

// Before STIX 2.1, objects bear no version, and indicators no pattern_type.
StixVersion PatternVersionOf(const Json& object) {
  const std::string version = StixText(object, "pattern_version");
  if (!version.empty()) return version.starts_with("2.0") ? StixVersion::v20 : StixVersion::v21;
  const bool is_old = !object.contains("spec_version") && !object.contains("pattern_type");
  return is_old ? StixVersion::v20 : StixVersion::v21;
}

std::uint32_t CountOf(const Json& sighting) {
  const auto count = sighting.find("count");
  if (count == sighting.end() || !count->is_number_unsigned()) return 1;
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(count->get<std::uint64_t>(), 1'000'000));
}

}  // namespace

StixVersionTime VersionTimeOf(const Json& object) {
  StixVersionTime version;
  version.text = StixText(object, "modified");
  if (version.text.empty()) version.text = StixText(object, "created");
  if (const auto time = policy::ParseTime(version.text)) version.time = *time;
  return version;
}

bool StixIndicator::IsBenign() const {
  return std::find(labels.begin(), labels.end(), "benign") != labels.end();
}

StixIndicator ReadStixIndicator(const Json& object, std::size_t number) {
  StixIndicator indicator{.number = number, .id = StixText(object, "id")};
  indicator.version = VersionTimeOf(object);
  indicator.pattern = StixText(object, "pattern");
  indicator.pattern_type = StixText(object, "pattern_type");
  if (indicator.pattern_type.empty()) indicator.pattern_type = "stix";
  indicator.pattern_version = PatternVersionOf(object);
  indicator.created = StixText(object, "created");
  indicator.valid_from = StixText(object, "valid_from");
  indicator.valid_until = StixText(object, "valid_until");
  indicator.confidence = ConfidenceOf(object);
  indicator.revoked = StixFlag(object, "revoked");
  AddTexts(object, "indicator_types", indicator.labels);
  AddTexts(object, "labels", indicator.labels);
  indicator.threat = ThreatOf(object, indicator.labels);
  indicator.markings = MarkingsOf(object);
  indicator.reference = ReferenceOf(object);
  return indicator;
}

void StixContext::Take(const Json& object) {
  const std::string type = StixText(object, "type");
  const std::string id = StixText(object, "id");
  const bool revoked = StixFlag(object, "revoked");
  const bool is_campaign = type == "campaign" || type == "intrusion-set";
  if (is_campaign || type == "malware" || type == "tool") {
    std::string name = StixText(object, "name");
    if (name.size() > kTextSizeMax || revoked) name.clear();
    (is_campaign ? campaigns_ : malware_).Put(id, VersionTimeOf(object), std::move(name));
  } else if (type == "relationship" && StixText(object, "relationship_type") == "indicates") {
    links_.Put(id, VersionTimeOf(object),
               {StixText(object, "source_ref"), StixText(object, "target_ref"), 0, revoked});
  } else if (type == "sighting") {
    links_.Put(id, VersionTimeOf(object),
               {StixText(object, "sighting_of_ref"), {}, CountOf(object), revoked});
  } else if (type == "marking-definition") {
    if (const auto tlp = TlpOfDefinition(object)) markings_.insert_or_assign(id, *tlp);
  }
}

void StixContext::Resolve() {
  for (const TlpId& each : kTlpIds) markings_.insert_or_assign(std::string(each.id), each.tlp);
  links_.ForEach([this](const std::string& /*id*/, const Link& link) {
    if (link.revoked) return;
    if (link.sightings > 0) {
      std::uint32_t& count = sightings_of_[link.from];
      count = std::min(count + link.sightings, std::numeric_limits<std::uint32_t>::max() / 2);
      return;
    }
    AddName(malware_, link, malware_of_);
    AddName(campaigns_, link, campaigns_of_);
  });
  // The order of relationships' ids means nothing.
  for (NamesOf* const all : {&malware_of_, &campaigns_of_}) {
    for (auto& [id, names] : *all) std::sort(names.begin(), names.end());
  }
}

void StixContext::AddName(const Names& names, const Link& link, NamesOf& names_of) {
  const std::string* const name = names.Find(link.to);
  if (name == nullptr || name->empty()) return;
  std::vector<std::string>& known = names_of[link.from];
  const bool is_new = std::find(known.begin(), known.end(), *name) == known.end();
  if (is_new && known.size() < kTextsMax) known.push_back(*name);
}

std::string StixContext::Joined(const NamesOf& names_of, const std::string& indicator_id) {
  std::string text;
  const auto names = names_of.find(indicator_id);
  if (names == names_of.end()) return text;
  for (const std::string& name : names->second) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

std::string StixContext::MalwareOf(const std::string& indicator_id) const {
  return Joined(malware_of_, indicator_id);
}

std::string StixContext::CampaignOf(const std::string& indicator_id) const {
  return Joined(campaigns_of_, indicator_id);
}

std::uint32_t StixContext::SightingsOf(const std::string& indicator_id) const {
  const auto count = sightings_of_.find(indicator_id);
  return count == sightings_of_.end() ? 0 : count->second;
}

std::optional<Tlp> StixContext::TlpOf(const StixIndicator& indicator) const {
  std::optional<Tlp> strictest;
  const auto take = [&](Tlp tlp) { strictest = std::max(strictest.value_or(tlp), tlp); };
  for (const std::string& id : indicator.markings) {
    if (const auto marking = markings_.find(id); marking != markings_.end()) take(marking->second);
  }
  for (const std::string& label : indicator.labels) {
    if (!label.starts_with("tlp:") && !label.starts_with("TLP:")) continue;
    if (const auto tlp = ParseTlp(label)) take(*tlp);
  }
  return strictest;
}

}  // namespace agent::feeds
