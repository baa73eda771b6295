#include "cli/cells.h"

#include "agent/history/entry.h"
#include "policy/refang.h"
#include "policy/time.h"
#include "proto/convert.h"

namespace cli {

using google::protobuf::RepeatedPtrField;

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
  for (const v1::Proposal& one : proposals) {
    table.rows.push_back({std::to_string(one.id()), one.kind(), IndicatorCell(one.indicator()),
                          one.state(), std::to_string(one.confidence()),
                          std::to_string(one.approvers_needed()), DurationCell(one.lifetime()),
                          JoinCell(one.feeds()), TimeCell(one.proposed_at())});
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

void SayMissingAllowlists(const Printer& printer, const RepeatedPtrField<std::string>& names) {
  if (!names.empty()) printer.Say(Text::missing_allowlists, JoinCell(names));
}

}  // namespace cli
