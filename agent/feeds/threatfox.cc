#include "agent/feeds/threatfox.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "agent/feeds/abuse_ch.h"
#include "agent/feeds/feed_text.h"
#include "agent/feeds/ip_port.h"
#include "policy/ascii.h"
#include "policy/quote.h"

namespace agent::feeds {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Indicator;
using policy::IndicatorKind;
using policy::Quote;
using policy::Result;
using policy::ThreatType;

// Of the JSON, in the order of the CSV's columns. The id is the key of the row.
constexpr std::array<std::string_view, 15> kKeys{"first_seen_utc", "",
                                                 "ioc_value",      "ioc_type",
                                                 "threat_type",    "malware",
                                                 "malware_alias",  "malware_printable",
                                                 "last_seen_utc",  "confidence_level",
                                                 "is_compromised", "reference",
                                                 "tags",           "anonymous",
                                                 "reporter"};

enum Column : std::size_t {
  first_seen,
  ioc_id,
  ioc_value,
  ioc_type,
  threat_type,
  malware_printable = 7,
  last_seen,
  confidence_level,
  is_compromised,
  reference,
  tags,
};

// What the type names that no device blocks; empty if it names something else.
std::string_view ContextOf(std::string_view type) {
  if (type.ends_with("_hash")) return "file hashes";
  if (type == "envelope_from" || type == "body_from") return "e-mail addresses";
  return {};
}

ThreatType ThreatOf(std::string_view threat) {
  if (threat == "botnet_cc") return ThreatType::c2;
  if (threat == "payload_delivery" || threat == "payload") return ThreatType::malware_download;
  return ThreatType::unknown;  // "cc_skimming"
}

// Notes the port in `tags`, since the indicator can't hold it.
Result<Indicator> IndicatorOf(std::string_view type, std::string_view value, std::string& tags) {
  if (type == "domain") return policy::ParseIndicator(IndicatorKind::domain, value);
  if (type == "url") return policy::ParseIndicator(IndicatorKind::url, value);
  if (type != "ip:port") {
    return Fail(ErrorCode::malformed_input, "the type " + Quote(type) + " is not known");
  }
  const auto server = ParseIpPort(value);
  if (!server) return tl::unexpected(server.error());
  AddTag(tags, "port:" + std::to_string(server->port));
  return Indicator(server->address);
}

Result<policy::Confidence> ConfidenceOf(std::string_view text) {
  int percent = -1;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, percent);
  if (error != std::errc{} || stop != end) {
    return Fail(ErrorCode::malformed_input, Quote(text) + " is no number");
  }
  return policy::Confidence::FromPercent(percent);
}

std::string_view FamilyOf(std::string_view name) {
  return name == "Unknown malware" ? std::string_view() : UnlessNone(name);
}

std::string ReferenceOf(std::string_view reference, std::string_view id) {
  std::string link = WebLink(reference);
  const bool is_id = !id.empty() && std::all_of(id.begin(), id.end(), policy::IsDigit);
  if (link.empty() && is_id) link = WebLink("https://threatfox.abuse.ch/ioc/" + std::string(id));
  return link;
}

void TakeRow(std::size_t line, std::span<const std::string> fields, SnapshotBuilder& builder) {
  const std::string_view type = fields[ioc_type];
  if (const std::string_view what = ContextOf(type); !what.empty()) {
    return builder.KeepAsContext(what);
  }
  const auto first = policy::ParseTime(fields[first_seen]);
  if (!first) return builder.Reject(line, "first_seen_utc", first.error().detail);
  const std::string_view last_text = UnlessNone(fields[last_seen]);
  const auto last = last_text.empty() ? first : policy::ParseTime(last_text);
  if (!last) return builder.Reject(line, "last_seen_utc", last.error().detail);
  const auto confidence = ConfidenceOf(fields[confidence_level]);
  if (!confidence) return builder.Reject(line, "confidence_level", confidence.error().detail);
  std::string row_tags(UnlessNone(fields[tags]));
  auto indicator = IndicatorOf(type, fields[ioc_value], row_tags);
  if (!indicator) return builder.Reject(line, "ioc_value", indicator.error().detail);
  if (policy::EqualsIgnoringCase(fields[is_compromised], "true")) AddTag(row_tags, "compromised");
  policy::Observation seen = SeenAt(*std::move(indicator), *first);
  // Some rows were last seen before they were first seen, by seconds.
  seen.last_seen = std::max(*first, *last);
  seen.confidence = *confidence;
  seen.threat = ThreatOf(fields[threat_type]);
  seen.malware = FamilyOf(fields[malware_printable]);
  seen.tags = std::move(row_tags);
  seen.reference = ReferenceOf(fields[reference], fields[ioc_id]);
  builder.Add(std::move(seen));
}

}  // namespace

Result<FeedSnapshot> ParseThreatfoxCsv(std::string_view bytes, policy::TimePoint /*fetched_at*/,
                                       std::size_t rows_max) {
  const AbuseChCsv csv{
      .columns = kKeys.size(), .dialect = {.skip_initial_space = true}, .ends_with_count = true};
  return ReadAbuseChCsv(bytes, rows_max, csv, TakeRow);
}

Result<FeedSnapshot> ParseThreatfoxJson(std::string_view bytes, policy::TimePoint /*fetched_at*/,
                                        std::size_t rows_max) {
  return ReadAbuseChJson(bytes, rows_max, {.path = {}, .are_grouped = true}, kKeys, TakeRow);
}

}  // namespace agent::feeds
