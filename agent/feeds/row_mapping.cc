#include "agent/feeds/row_mapping.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "agent/feeds/feed_text.h"
#include "agent/feeds/ip_port.h"
#include "policy/quote.h"
#include "policy/refang.h"

namespace agent::feeds {

using config::Node;
using policy::ErrorCode;
using policy::Fail;
using policy::Indicator;
using policy::IndicatorKind;
using policy::Quote;
using policy::Result;
using policy::ThreatType;
using policy::TimePoint;

const std::array<std::string_view, RowMapping::kFields> RowMapping::kFieldNames{
    "indicator", "kind",    "first_seen", "last_seen", "valid_until", "confidence",
    "threat",    "malware", "campaign",   "tags",      "reference"};

const std::vector<std::string_view> RowMapping::kKindNames{"guess", "domain", "ip",     "ip:port",
                                                           "url",   "hash",   "context"};

namespace {

std::vector<std::string_view> ThreatChoices() {
  const auto names = policy::ThreatNames();
  return {names.begin(), names.end()};
}

// None if it is no number.
std::optional<double> NumberIn(std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stop == end ? std::optional(number) : std::nullopt;
}

policy::Confidence PercentOf(const Node& node) {
  return *policy::Confidence::FromPercent(static_cast<int>(node.AsInt(0, 100)));
}

}  // namespace

// --- the configuration ---

RowMapping::RowMapping(const Node& source, const std::string& indicator_default,
                       const AddColumn& add_column) {
  const Node columns = source.Require("columns");
  for (std::size_t i = 0; i < kFields; ++i) {
    const bool is_indicator = i == 0;
    const Node column =
        is_indicator ? columns.Require(kFieldNames[i]) : columns.Optional(kFieldNames[i]);
    if (!column.present() && !is_indicator) continue;
    add_column(column.AsText(indicator_default), column);
    column_of_[i] = columns_++;
  }
  ReadKinds(source);
  ReadThreats(source);
  ReadWhere(source, add_column);
  for (const auto& [word, percent] : source.Optional("confidences").AsMap()) {
    confidences_.emplace(word, PercentOf(percent));
  }
  ReadTimeFormats(source.Optional("time_formats"));
  empty_ = source.Optional("empty").AsStrings();
}

void RowMapping::ReadKinds(const Node& source) {
  const Node fixed = source.Optional("kind");
  kind_ = static_cast<Kind>(fixed.AsChoice(kKindNames));
  if (fixed.present() && Has(Field::kind)) fixed.Fail("a column says the kind: leave one out");
  const Node map = source.Optional("kinds");
  if (map.present() && !Has(Field::kind)) map.Fail("needs a column: name it as columns.kind");
  for (const auto& [value, kind] : map.AsMap()) {
    kinds_.emplace(value, static_cast<Kind>(kind.AsChoice(kKindNames)));
  }
  if (map.present()) return;
  for (std::size_t i = 0; i < kKindNames.size(); ++i) {
    kinds_.emplace(kKindNames[i], static_cast<Kind>(i));
  }
}

void RowMapping::ReadThreats(const Node& source) {
  const Node fixed = source.Optional("threat");
  threat_ = static_cast<ThreatType>(fixed.AsChoice(ThreatChoices()));
  if (fixed.present() && Has(Field::threat)) fixed.Fail("a column says the threat: leave one out");
  const Node map = source.Optional("threats");
  if (map.present() && !Has(Field::threat)) map.Fail("needs a column: name it as columns.threat");
  for (const auto& [value, threat] : map.AsMap()) {
    threats_.emplace(value, static_cast<ThreatType>(threat.AsChoice(ThreatChoices())));
  }
  if (map.present()) return;
  for (std::size_t i = 0; i < policy::ThreatNames().size(); ++i) {
    threats_.emplace(policy::ThreatNames()[i], static_cast<ThreatType>(i));
  }
}

void RowMapping::ReadWhere(const Node& source, const AddColumn& add_column) {
  for (const auto& [column, wanted] : source.Optional("where").AsMap()) {
    Condition condition{columns_++, {}};
    if (wanted.IsList()) {
      for (const Node& each : wanted.AsList()) condition.values.push_back(each.AsText());
    } else {
      condition.values.push_back(wanted.AsText());
    }
    add_column(column, wanted);
    where_.push_back(std::move(condition));
  }
}

void RowMapping::ReadTimeFormats(const Node& node) {
  for (const Node& each : node.AsList()) {
    const std::string text = each.AsString();
    auto format = TimeFormat::Parse(text);
    if (format) {
      time_formats_.push_back(*std::move(format));
    } else {
      each.Fail(format.error().detail);
    }
  }
  if (node.present() && time_formats_.empty()) node.Fail("names no form of time");
  if (!node.present()) time_formats_.push_back(*TimeFormat::Parse("iso"));
}

// --- the rows ---

std::string_view RowMapping::Cell(Cells cells, Field field) const {
  const auto column = column_of_[static_cast<std::size_t>(field)];
  if (!column) return {};
  const std::string_view text = TrimBlanks(cells[*column]);
  return std::find(empty_.begin(), empty_.end(), text) == empty_.end() ? text : std::string_view();
}

bool RowMapping::IsWanted(Cells cells) const {
  return std::all_of(where_.begin(), where_.end(), [cells](const Condition& condition) {
    const std::string_view cell = TrimBlanks(cells[condition.column]);
    return std::find(condition.values.begin(), condition.values.end(), cell) !=
           condition.values.end();
  });
}

Result<RowMapping::Kind> RowMapping::KindOf(Cells cells) const {
  if (!Has(Field::kind)) return kind_;
  const std::string_view text = Cell(cells, Field::kind);
  const auto kind = kinds_.find(text);
  if (kind != kinds_.end()) return kind->second;
  return Fail(ErrorCode::malformed_input,
              Quote(text) + " is not among the feed's kinds: say there what it means");
}

Result<std::optional<TimePoint>> RowMapping::TimeIn(Cells cells, Field field) const {
  const std::string_view text = Cell(cells, field);
  if (text.empty()) return std::optional<TimePoint>();
  for (const TimeFormat& format : time_formats_) {
    if (const auto time = format.Read(text)) return time;
  }
  return Fail(ErrorCode::malformed_input,
              std::string(kFieldNames[static_cast<std::size_t>(field)]) + " " + Quote(text) +
                  " is not of the feed's time_formats");
}

Result<RowMapping::Times> RowMapping::TimesOf(Cells cells, TimePoint fetched_at) const {
  if (!is_dated()) return Times{fetched_at, fetched_at};
  const auto first = TimeIn(cells, Field::first_seen);
  if (!first) return tl::unexpected(first.error());
  const auto last = TimeIn(cells, Field::last_seen);
  if (!last) return tl::unexpected(last.error());
  if (!*first && !*last) return Fail(ErrorCode::malformed_input, "it has none");
  const TimePoint first_seen = first->value_or(last->value_or(fetched_at));
  return Times{first_seen, std::max(first_seen, last->value_or(first_seen))};
}

Result<std::optional<policy::Confidence>> RowMapping::ConfidenceOf(Cells cells) const {
  const std::string_view text = Cell(cells, Field::confidence);
  if (text.empty()) return std::optional<policy::Confidence>();
  if (const auto word = confidences_.find(text); word != confidences_.end()) {
    return std::optional(word->second);
  }
  const auto percent = NumberIn(text);
  if (!percent || !(*percent >= 0 && *percent <= 100)) {
    return Fail(ErrorCode::malformed_input, Quote(text) + " is no number from 0 to 100");
  }
  return std::optional(*policy::Confidence::FromPercent(static_cast<int>(*percent)));
}

ThreatType RowMapping::ThreatOf(Cells cells) const {
  if (!Has(Field::threat)) return threat_;
  const auto threat = threats_.find(Cell(cells, Field::threat));
  return threat == threats_.end() ? ThreatType::unknown : threat->second;
}

// Notes a port in `tags`, since the indicator can't hold it.
Result<Indicator> RowMapping::IndicatorOf(Kind kind, std::string_view text, std::string& tags) {
  switch (kind) {
    case Kind::domain: return ParseIndicator(IndicatorKind::domain, policy::Refang(text));
    case Kind::ip: return ParseIndicator(IndicatorKind::ip, policy::Refang(text));
    case Kind::url: return ParseIndicator(IndicatorKind::url, policy::Refang(text));
    case Kind::ip_port: {
      const auto server = ParseIpPort(policy::Refang(text));
      if (!server) return tl::unexpected(server.error());
      AddTag(tags, "port:" + std::to_string(server->port));
      return Indicator(server->address);
    }
    case Kind::guess:
    case Kind::hash:
    case Kind::context: break;
  }
  return policy::GuessIndicator(text);
}

void RowMapping::TakeRow(std::size_t line, Cells cells, TimePoint fetched_at,
                         SnapshotBuilder& builder) const {
  for (const std::string_view cell : cells) {
    if (const std::string_view fault = LineFault(cell); !fault.empty()) {
      return builder.Reject(line, fault);
    }
  }
  const std::string_view text = Cell(cells, Field::indicator);
  if (text.empty() || !IsWanted(cells)) return builder.PassOver("not wanted by the mapping");
  const auto kind = KindOf(cells);
  if (!kind) return builder.Reject(line, "kind", kind.error().detail);
  if (*kind == Kind::hash) return builder.KeepAsContext("file hashes");
  if (*kind == Kind::context) return builder.KeepAsContext("other things");
  std::string tags(Cell(cells, Field::tags));
  auto indicator = IndicatorOf(*kind, text, tags);
  if (!indicator) return builder.Reject(line, "indicator", indicator.error().detail);
  if (std::holds_alternative<policy::FileHash>(*indicator)) {
    return builder.KeepAsContext("file hashes");
  }
  const auto times = TimesOf(cells, fetched_at);
  if (!times) return builder.Reject(line, "time", times.error().detail);
  const auto valid_until = TimeIn(cells, Field::valid_until);
  if (!valid_until) return builder.Reject(line, "valid_until", valid_until.error().detail);
  const auto confidence = ConfidenceOf(cells);
  if (!confidence) return builder.Reject(line, "confidence", confidence.error().detail);
  policy::Observation seen = SeenAt(*std::move(indicator), times->first_seen);
  seen.last_seen = times->last_seen;
  seen.valid_until = *valid_until;
  seen.confidence = *confidence;
  seen.threat = ThreatOf(cells);
  seen.malware = Cell(cells, Field::malware);
  seen.campaign = Cell(cells, Field::campaign);
  seen.tags = std::move(tags);
  seen.reference = WebLink(Cell(cells, Field::reference));
  builder.Add(std::move(seen));
}

}  // namespace agent::feeds
