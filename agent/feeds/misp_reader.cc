#include "agent/feeds/misp_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/feeds/feed_text.h"
#include "policy/observation.h"
#include "policy/url.h"

namespace agent::feeds {
namespace {

using Json = nlohmann::json;
using policy::Confidence;
using policy::IndicatorKind;
using policy::TimePoint;

constexpr std::size_t kTagsSizeMax = 1024;
constexpr std::int64_t kSecondsMax =
    99'999'999'999;  // of this century or near; more is not seconds

// How the parts of a value are to be read; they are separated by "|".
enum class Shape : std::uint8_t { domain, ip, url, domain_and_ip, ip_and_port, domain_and_port };

struct TypeRow {
  std::string_view name;
  Shape shape;
  bool is_source = false;  // of an attack
};

// https://www.circl.lu/doc/misp/categories-and-types/. "link" is where to read more; "uri" may be a
// path alone, and then is no indicator.
constexpr std::array kTypes{
    TypeRow{"domain", Shape::domain},   TypeRow{"domain|ip", Shape::domain_and_ip},
    TypeRow{"hostname", Shape::domain}, TypeRow{"hostname|port", Shape::domain_and_port},
    TypeRow{"ip-dst", Shape::ip},       TypeRow{"ip-dst|port", Shape::ip_and_port},
    TypeRow{"ip-src", Shape::ip, true}, TypeRow{"ip-src|port", Shape::ip_and_port, true},
    TypeRow{"uri", Shape::url},         TypeRow{"url", Shape::url},
};

constexpr std::array<std::string_view, 6> kHashes{
    "md5", "sha1", "sha256", "filename|md5", "filename|sha1", "filename|sha256"};

const TypeRow* FindType(std::string_view name) {
  const auto row = std::ranges::find(kTypes, name, &TypeRow::name);
  return row == kTypes.end() ? nullptr : &*row;
}

const Json* Find(const Json* object, const char* key) {
  if (object == nullptr || !object->is_object()) return nullptr;
  const auto member = object->find(key);
  return member == object->end() ? nullptr : &*member;
}

std::string_view TextAt(const Json* object, const char* key) {
  const Json* const value = Find(object, key);
  return value != nullptr && value->is_string()
             ? std::string_view(value->get_ref<const std::string&>())
             : std::string_view();
}

std::optional<std::int64_t> Digits(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stop == end ? std::optional(number) : std::nullopt;
}

// MISP writes numbers and flags as JSON's own or as strings, by version and place.
std::optional<std::int64_t> NumberAt(const Json* object, const char* key) {
  const Json* const value = Find(object, key);
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>() ? 1 : 0;
  if (value->is_number_unsigned() || value->is_number_integer()) return value->get<std::int64_t>();
  return Digits(TextAt(object, key));
}

bool IsSet(const Json* object, const char* key) {
  return NumberAt(object, key).value_or(0) != 0;
}

// Seconds since 1970, or a date; 0 stands for never.
std::optional<TimePoint> TimeAt(const Json* object, const char* key) {
  if (const auto seconds = NumberAt(object, key)) {
    if (*seconds <= 0 || *seconds > kSecondsMax) return std::nullopt;
    return TimePoint(std::chrono::seconds(*seconds));
  }
  const std::string_view text = TextAt(object, key);
  if (text.empty()) return std::nullopt;
  const auto time = policy::ParseTime(text);
  return time ? std::optional(*time) : std::nullopt;
}

std::vector<std::string> TagsOf(const Json* holder) {
  std::vector<std::string> names;
  const Json* const tags = Find(holder, "Tag");
  if (tags == nullptr || !tags->is_array()) return names;
  for (const Json& tag : *tags) {
    if (const std::string_view name = TextAt(&tag, "name"); !name.empty()) names.emplace_back(name);
  }
  return names;
}

// The names of the warninglists on which MISP found it. Lists of the category "known" say what
// something is, not that it is harmless.
std::vector<std::string> WarningsOf(const Json& attribute) {
  std::vector<std::string> names;
  const Json* const warnings = Find(&attribute, "warnings");
  if (warnings == nullptr || !warnings->is_array()) return names;
  for (const Json& warning : *warnings) {
    if (TextAt(&warning, "warninglist_category") == "known") continue;
    const std::string_view name = TextAt(&warning, "warninglist_name");
    names.emplace_back(name.empty() ? "unnamed" : name);
  }
  return names;
}

// Of several models, the one that thinks least of it.
struct Decay {
  std::optional<Confidence> score;
  bool is_decayed = false;
};

Decay DecayOf(const Json& attribute) {
  Decay decay;
  const Json* const scores = Find(&attribute, "decay_score");
  if (scores == nullptr || !scores->is_array()) return decay;
  for (const Json& each : *scores) {
    decay.is_decayed = decay.is_decayed || IsSet(&each, "decayed");
    const Json* const score = Find(&each, "score");
    if (score == nullptr || !score->is_number()) continue;
    const double percent = std::clamp(score->get<double>(), 0.0, 100.0);
    const Confidence confidence = *Confidence::FromPercent(static_cast<int>(percent));
    decay.score = decay.score ? std::min(*decay.score, confidence) : confidence;
  }
  return decay;
}

void AddSightings(const Json& attribute, policy::Observation& observation) {
  const Json* const sightings = Find(&attribute, "Sighting");
  if (sightings == nullptr || !sightings->is_array()) return;
  for (const Json& sighting : *sightings) {
    const auto kind = NumberAt(&sighting, "type").value_or(-1);
    const auto at = TimeAt(&sighting, "date_sighting");
    if (kind == 0) {
      ++observation.sightings;
      if (at) observation.last_seen = std::max(observation.last_seen, *at);
    } else if (kind == 1) {
      ++observation.false_positives;
    } else if (kind == 2 && at) {
      observation.valid_until = std::max(observation.valid_until.value_or(*at), *at);
    }
  }
}

// Each once, as many as there is room for.
class TagText {
 public:
  void Add(std::string_view tag) {
    if (tag.empty() || text_.size() + tag.size() >= kTagsSizeMax) return;
    if (std::ranges::find(added_, tag) != added_.end()) return;
    added_.emplace_back(tag);
    text_.append(text_.empty() ? "" : ",").append(tag);
  }
  std::string Take() && { return std::move(text_); }

 private:
  std::string text_;
  std::vector<std::string> added_;
};

policy::ThreatType ThreatOf(const TagFindings& findings, const Json& attribute) {
  if (findings.threat != policy::ThreatType::unknown) return findings.threat;
  // "Network activity" is the default category of all network types, and so says nothing.
  return TextAt(&attribute, "category") == "Payload delivery" ? policy::ThreatType::malware_download
                                                              : policy::ThreatType::unknown;
}

}  // namespace

// What the parts of an attribute's value have in common.
struct MispReader::Row {
  std::size_t number;
  TimePoint first_seen;
  TimePoint last_seen;
  const Json& attribute;
  std::vector<std::string> tags;
  TagFindings findings;
  std::string reference;
};

MispFilters ReadMispFilters(const config::Node& source) {
  MispFilters filters;
  filters.to_ids = source.Optional("to_ids").AsBool(true);
  filters.ip_src = source.Optional("ip_src").AsBool(false);
  filters.resolved_addresses = source.Optional("resolved_addresses").AsBool(false);
  filters.enforce_warninglist = source.Optional("enforce_warninglist").AsBool(false);
  filters.tlp_max = ReadTlpMax(source);
  filters.tags = source.Optional("tags").AsStrings();
  filters.exclude_tags = source.Optional("exclude_tags").AsStrings();
  return filters;
}

bool IsMispNetworkType(std::string_view type) {
  return FindType(type) != nullptr;
}

std::vector<std::string_view> MispTypes(const MispFilters& filters) {
  std::vector<std::string_view> names;
  for (const TypeRow& row : kTypes) {
    if (filters.ip_src || !row.is_source) names.push_back(row.name);
  }
  return names;
}

std::string_view WhyNotWanted(const Json& attribute, const Json* event, const Json* object,
                              const MispFilters& filters) {
  if (IsSet(&attribute, "deleted") || IsSet(object, "deleted")) return "deleted";
  const TypeRow* const type = FindType(TextAt(&attribute, "type"));
  if (type == nullptr) return {};
  if (filters.to_ids && !IsSet(&attribute, "to_ids")) return "not to_ids";
  if (type->is_source && !filters.ip_src) return "source of an attack";
  std::vector<std::string> tags = TagsOf(&attribute);
  for (std::string& tag : TagsOf(event)) tags.push_back(std::move(tag));
  if (ReadTags(tags).tlp.value_or(Tlp::clear) > filters.tlp_max) return "TLP above tlp_max";
  const auto in = [&](const std::vector<std::string>& patterns) {
    return std::ranges::any_of(tags,
                               [&](const std::string& tag) { return MatchesTag(tag, patterns); });
  };
  if (!filters.tags.empty() && !in(filters.tags)) return "none of the tags";
  if (in(filters.exclude_tags)) return "excluded tag";
  if (DecayOf(attribute).is_decayed) return "decayed";
  if (filters.enforce_warninglist && !WarningsOf(attribute).empty()) return "on a warninglist";
  return {};
}

void MispReader::Attribute(const Json& attribute, const Json* event, const Json* object) {
  ++number_;
  const std::string_view type = TextAt(&attribute, "type");
  if (type.empty()) return builder_.Reject(number_, "no type");
  if (const std::string_view why = WhyNotWanted(attribute, event, object, filters_); !why.empty()) {
    return builder_.PassOver(why);
  }
  if (FindType(type) == nullptr) {
    const bool is_hash = std::ranges::find(kHashes, type) != kHashes.end();
    return builder_.KeepAsContext(is_hash ? "file hashes" : "other attributes");
  }
  const std::string_view value = TextAt(&attribute, "value");
  if (value.empty()) return builder_.Reject(number_, "no value");
  if (const std::string_view fault = LineFault(value); !fault.empty()) {
    return builder_.Reject(number_, fault);
  }
  const auto edited = TimeAt(&attribute, "timestamp");
  auto first = TimeAt(&attribute, "first_seen");
  if (!first) first = TimeAt(object, "first_seen");
  auto last = TimeAt(&attribute, "last_seen");
  if (!last) last = TimeAt(object, "last_seen");
  if (!last) last = edited;
  if (!last) last = TimeAt(event, "timestamp");
  if (!last) last = TimeAt(event, "date");
  if (!last) last = first;
  if (!last) last = fetched_at_;
  const std::vector<std::string> own = TagsOf(&attribute);
  const std::vector<std::string> of_event = TagsOf(event);
  Row row{.number = number_,
          .first_seen = first.value_or(*last),
          .last_seen = *last,
          .attribute = attribute,
          .tags = own,
          .findings = ReadTags(own, of_event),
          .reference = ReferenceOf(event)};
  row.tags.insert(row.tags.end(), of_event.begin(), of_event.end());
  if (row.findings.campaign.empty() && event != nullptr) row.findings.campaign = TitleOf(*event);
  AddParts(row, type, value);
}

void MispReader::Proposal() {
  builder_.PassOver("proposal");
}

void MispReader::AddParts(const Row& row, std::string_view type, std::string_view value) {
  const Shape shape = FindType(type)->shape;
  const std::string_view first = value.substr(0, value.find('|'));
  const std::string_view second =
      first.size() < value.size() ? value.substr(first.size() + 1) : std::string_view();
  switch (shape) {
    case Shape::domain: return AddPart(row, IndicatorKind::domain, value);
    case Shape::ip: return AddPart(row, IndicatorKind::ip, value);
    case Shape::url: return AddPart(row, IndicatorKind::url, value);
    case Shape::ip_and_port: return AddPart(row, IndicatorKind::ip, first, second);
    case Shape::domain_and_port: return AddPart(row, IndicatorKind::domain, first, second);
    case Shape::domain_and_ip: break;
  }
  AddPart(row, IndicatorKind::domain, first);
  if (!filters_.resolved_addresses) return builder_.PassOver("address of a domain");
  AddPart(row, IndicatorKind::ip, second);
}

void MispReader::AddPart(const Row& row, IndicatorKind kind, std::string_view text,
                         std::string_view port) {
  auto indicator = policy::ParseIndicator(kind, text);
  if (!indicator) return builder_.Reject(row.number, policy::Name(kind), indicator.error().detail);
  policy::Observation observation{.indicator = *std::move(indicator),
                                  .first_seen = row.first_seen,
                                  .last_seen = row.last_seen,
                                  .valid_until = std::nullopt,
                                  .confidence = row.findings.confidence,
                                  .threat = ThreatOf(row.findings, row.attribute),
                                  .online = std::nullopt,
                                  .malware = row.findings.malware,
                                  .campaign = row.findings.campaign,
                                  .tags = {},
                                  .reference = row.reference};
  // MISP reckons it of those very tags, and of age.
  if (const Decay decay = DecayOf(row.attribute); decay.score) {
    observation.confidence = decay.score;
  }
  AddSightings(row.attribute, observation);
  observation.first_seen = std::min(observation.first_seen, observation.last_seen);
  TagText tags;
  if (const auto number = Digits(port); number && *number >= 0 && *number <= 65'535) {
    tags.Add("port:" + std::to_string(*number));
  }
  for (const std::string& list : WarningsOf(row.attribute)) tags.Add("warninglist:" + list);
  for (const std::string& tag : row.tags) tags.Add(tag);
  observation.tags = std::move(tags).Take();
  builder_.Add(std::move(observation));
}

std::string MispReader::ReferenceOf(const Json* event) const {
  if (event_url_.first.empty()) return {};
  std::string_view name = TextAt(event, "uuid");
  if (!IsUuid(name)) name = TextAt(event, "id");
  if (!IsUuid(name) && !Digits(name)) return {};
  const auto link = policy::Url::Parse(event_url_.first + std::string(name) + event_url_.second);
  return link ? link->text() : std::string();
}

policy::Result<FeedSnapshot> MispReader::ReadLines(const std::vector<std::string_view>& lines) && {
  for (const std::string_view line : lines) {
    if (full()) break;
    const auto document = ParseMispJson(line);
    if (!document) return tl::unexpected(document.error());
    VisitMisp(*document, *this);
  }
  return std::move(*this).Finish();
}

}  // namespace agent::feeds
