#include "cli/cells.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "agent/history/entry.h"
#include "policy/refang.h"
#include "policy/time.h"
#include "proto/convert.h"

namespace cli {

using google::protobuf::RepeatedPtrField;

namespace {

// One character a day, as high as its share of the busiest one; "." for a day without.
std::string BarsOf(const google::protobuf::RepeatedField<std::uint64_t>& per_day) {
  constexpr std::array<std::string_view, 8> heights{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const std::uint64_t most =
      per_day.empty() ? 0 : *std::max_element(per_day.begin(), per_day.end());
  std::string bars;
  for (const std::uint64_t requests : per_day) {
    const double share = static_cast<double>(requests) / static_cast<double>(most);
    bars += requests == 0 ? "." : heights[static_cast<std::size_t>(std::ceil(share * 8)) - 1];
  }
  return bars;
}

}  // namespace

std::string TimeCell(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0) return "";
  const auto value = proto::FromTimestamp(time);
  return value ? policy::FormatTime(*value) : "?";
}

std::string DurationCell(const google::protobuf::Duration& duration) {
  if (duration.seconds() <= 0) return "";
  const auto value = proto::FromDuration(duration);
  return value ? policy::FormatDuration(*value) : "?";
}

std::string NumberCell(std::uint64_t number) {
  return number == 0 ? "" : std::to_string(number);
}

std::string IndicatorCell(std::string_view canonical) {
  return policy::Defang(canonical);
}

std::string SubjectCell(std::string_view subject) {
  for (const std::string_view kind : {"domain ", "ip ", "url "}) {
    if (subject.starts_with(kind)) {
      return std::string(kind) + IndicatorCell(subject.substr(kind.size()));
    }
  }
  return std::string(subject);
}

std::string JoinCell(const RepeatedPtrField<std::string>& words) {
  std::string joined;
  for (const std::string& word : words) joined += (joined.empty() ? "" : ", ") + word;
  return joined;
}

Table TableOf(const Printer& printer, const std::vector<Text>& columns) {
  Table table;
  for (const Text column : columns) table.headers.push_back(printer.Word(column));
  return table;
}

Table ProposalTable(const Printer& printer, const RepeatedPtrField<v1::Proposal>& proposals) {
  Table table =
      TableOf(printer, {Text::id, Text::kind, Text::indicator, Text::state, Text::confidence,
                        Text::approvers, Text::lifetime, Text::feed, Text::proposed_at});
  const bool shows_claims = std::any_of(proposals.begin(), proposals.end(),
                                        [](const auto& one) { return one.has_claim(); });
  if (shows_claims) table.headers.push_back(printer.Word(Text::claimed_by));
  for (const v1::Proposal& one : proposals) {
    auto& row = table.rows.emplace_back(std::vector<std::string>{
        std::to_string(one.id()), one.kind(), IndicatorCell(one.indicator()), one.state(),
        std::to_string(one.confidence()), std::to_string(one.approvers_needed()),
        DurationCell(one.lifetime()), JoinCell(one.feeds()), TimeCell(one.proposed_at())});
    if (shows_claims) row.push_back(one.claim().name());
  }
  return table;
}

Table BlockTable(const Printer& printer, const RepeatedPtrField<v1::Block>& blocks) {
  Table table = TableOf(printer, {Text::id, Text::kind, Text::indicator, Text::added, Text::removed,
                                  Text::expires, Text::approvers, Text::reason});
  for (const v1::Block& one : blocks) {
    const std::string removed = one.removed_because().empty() ? NumberCell(one.removed_release())
                                                              : NumberCell(one.removed_release()) +
                                                                    " " + one.removed_because();
    table.rows.push_back({std::to_string(one.id()), one.kind(), IndicatorCell(one.indicator()),
                          NumberCell(one.added_release()), removed, TimeCell(one.expires_at()),
                          JoinCell(one.approved_by()), one.reason()});
  }
  return table;
}

Table ReasonTable(const RepeatedPtrField<v1::Reason>& reasons) {
  Table table;
  for (const v1::Reason& reason : reasons) {
    table.rows.push_back({reason.code(), reason.detail()});
  }
  return table;
}

// An entry that can't be read is shown as it is: hiding it would hide the damage.
Table EntryTable(const Printer& printer, const RepeatedPtrField<v1::Entry>& entries) {
  Table table = TableOf(
      printer, {Text::index, Text::at, Text::actor, Text::action, Text::subject, Text::detail});
  for (const v1::Entry& one : entries) {
    const auto entry = agent::history::ParseLeaf(one.leaf());
    if (!entry) {
      table.rows.push_back({std::to_string(one.index()), "?", "?", "?", "?", one.leaf()});
      continue;
    }
    table.rows.push_back({std::to_string(one.index()), policy::FormatTime(entry->at), entry->actor,
                          entry->action, SubjectCell(entry->subject), entry->detail});
  }
  return table;
}

std::string ClientsCell(const v1::Traffic& traffic) {
  return (traffic.approximate() ? "~" : "") + std::to_string(traffic.clients());
}

std::string TrafficCell(const Printer& printer, const v1::Traffic& traffic) {
  if (traffic.requests() == 0) return printer.Word(Text::traffic_unused);
  std::string cell = printer.Word(Text::traffic_used, traffic.requests(), ClientsCell(traffic),
                                  TimeCell(traffic.last_seen()));
  if (!traffic.counted().empty()) {
    cell = printer.Word(Text::traffic_at_most, cell, IndicatorCell(traffic.counted()));
  }
  return BarsOf(traffic.per_day()) + " " + cell;
}

void SayCut(const Printer& printer, const v1::TrafficCut& cut) {
  if (cut.proposals() == 0) return printer.Say(Text::cut_unused);
  printer.Say(Text::cut_used, cut.proposals(), cut.total().requests(), ClientsCell(cut.total()));
  Table table = TableOf(printer, {Text::indicator, Text::clients, Text::requests});
  for (const v1::Proposal& one : cut.most_used()) {
    table.rows.push_back({IndicatorCell(one.indicator()), ClientsCell(one.traffic()),
                          std::to_string(one.traffic().requests())});
  }
  printer.SayTable(table);
}

void SayClaims(const Printer& printer, const RepeatedPtrField<v1::Claim>& claims) {
  constexpr int shown_max = 10;
  for (int i = 0; i < std::min(claims.size(), shown_max); ++i) {
    printer.Say(Text::claimed, claims[i].name(), claims[i].id());
  }
  if (claims.size() > shown_max) printer.Say(Text::claimed_more, claims.size() - shown_max);
}

void SayMissingAllowlists(const Printer& printer, const RepeatedPtrField<std::string>& names) {
  if (!names.empty()) printer.Say(Text::missing_allowlists, JoinCell(names));
}

}  // namespace cli
