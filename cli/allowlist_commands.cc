#include <string>

#include "cli/cells.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "sekisho/v1/allowlist.grpc.pb.h"

namespace cli {
namespace {

using google::protobuf::RepeatedPtrField;

// A preview asks about all that the agent knows.
constexpr std::chrono::seconds preview_patience{60};

Table ListTable(const Printer& printer, const RepeatedPtrField<v1::Allowlist>& lists) {
  Table table = TableOf(
      printer, {Text::name, Text::category, Text::effect, Text::count, Text::source, Text::state});
  for (const v1::Allowlist& list : lists) {
    table.rows.push_back({list.name(), list.category(), list.effect(),
                          std::to_string(list.entries()), list.origin(),
                          list.is_missing() ? printer.Word(Text::missing) : ""});
  }
  return table;
}

Table EntryTable(const Printer& printer, const RepeatedPtrField<v1::AllowEntry>& entries) {
  Table table =
      TableOf(printer, {Text::id, Text::indicator, Text::within, Text::effect, Text::owner,
                        Text::reason, Text::expires, Text::actor, Text::at, Text::removal_asked});
  for (const v1::AllowEntry& entry : entries) {
    table.rows.push_back({entry.id() == 0 ? "" : std::to_string(entry.id()),
                          IndicatorCell(entry.match()),
                          entry.subtree() ? printer.Word(Text::yes) : "", entry.effect(),
                          entry.owner(), entry.reason(), TimeCell(entry.expires()),
                          entry.added_by(), TimeCell(entry.added_at()), entry.removal_asked_by()});
  }
  return table;
}

Table MatchTable(const Printer& printer, const v1::SearchAllowlistsResponse& answer) {
  Table table = TableOf(printer, {Text::relation, Text::indicator, Text::list, Text::effect,
                                  Text::owner, Text::reason, Text::expires});
  for (const v1::AllowlistMatch& match : answer.matches()) {
    table.rows.push_back({match.relation(), IndicatorCell(match.entry()), match.allowlist(),
                          match.effect(), match.owner(), match.reason(),
                          TimeCell(match.expires())});
  }
  return table;
}

Table EffectTable(const Printer& printer, const v1::AllowlistEffects& effects) {
  Table table = TableOf(printer, {Text::action, Text::count, Text::indicator});
  const auto add = [&](Text what, const RepeatedPtrField<std::string>& first, std::uint64_t total) {
    std::string word = printer.Word(what);
    std::string count = std::to_string(total);
    for (const std::string& each : first) {
      table.rows.push_back(
          {std::exchange(word, ""), std::exchange(count, ""), IndicatorCell(each)});
    }
  };
  add(Text::leaving, effects.leaving(), effects.leaving_total());
  add(Text::withdrawn, effects.withdrawn(), effects.withdrawn_total());
  add(Text::needing_two, effects.needing_two(), effects.needing_two_total());
  add(Text::proposed, effects.proposed(), effects.proposed_total());
  return table;
}

CommandResult Show(const Session& session, const policy::Result<v1::AllowEntryResponse>& answer) {
  if (!answer) return tl::unexpected(answer.error());
  if (session.printer.is_json()) return JsonOf(session, *answer);
  const Printer& printer = session.printer;
  RepeatedPtrField<v1::AllowEntry> entries;
  *entries.Add() = answer->entry();
  printer.Show(EntryTable(printer, entries));
  if (answer->has_effects()) {
    const Table effects = EffectTable(printer, answer->effects());
    printer.Section(printer.Word(Text::changes_heading), effects);
    if (effects.rows.empty()) printer.Say(Text::nothing_changes);
  } else if (!answer->entry().removal_asked_by().empty() && !answer->entry().has_ended_at()) {
    printer.Say(Text::removal_waits, answer->entry().id());
  }
  return ExitCode::ok;
}

}  // namespace

CommandResult ListAllowlists(const Session& session, const Arguments&) {
  const auto answer =
      session.agent.Call(&v1::Allowlists::Stub::ListAllowlists, v1::ListAllowlistsRequest());
  if (!answer) return tl::unexpected(answer.error());
  if (session.printer.is_json()) return JsonOf(session, *answer);
  const Printer& printer = session.printer;
  printer.Show(ListTable(printer, answer->allowlists()));
  printer.Section(printer.Word(Text::own_entries_heading), EntryTable(printer, answer->entries()));
  return ExitCode::ok;
}

CommandResult SearchAllowlists(const Session& session, const Arguments& arguments) {
  v1::SearchAllowlistsRequest request;
  request.set_query(arguments.indicator);
  request.set_limit(arguments.limit);
  const auto answer = session.agent.Call(&v1::Allowlists::Stub::SearchAllowlists, request);
  if (!answer) return tl::unexpected(answer.error());
  if (session.printer.is_json()) return JsonOf(session, *answer);
  session.printer.Show(MatchTable(session.printer, *answer));
  if (answer->more()) session.printer.Say(Text::more_matches, answer->matches_size());
  return ExitCode::ok;
}

CommandResult AddAllowEntry(const Session& session, const Arguments& arguments) {
  if (auto ok = CheckReason(session, arguments.reason); !ok) return tl::unexpected(ok.error());
  v1::AddAllowEntryRequest request;
  request.set_match(arguments.indicator);
  request.set_exact(arguments.exact);
  request.set_effect(arguments.effect);
  request.set_owner(arguments.owner);
  request.set_reason(arguments.reason);
  const auto expires = TimeFrom(arguments.expires);
  if (!expires) return tl::unexpected(expires.error());
  if (*expires) *request.mutable_expires() = **expires;
  request.set_dry_run(arguments.dry_run);
  return Show(session, WithProgress(session.surroundings, [&] {
                return session.agent.Call(&v1::Allowlists::Stub::AddAllowEntry, request,
                                          preview_patience);
              }));
}

CommandResult RemoveAllowEntry(const Session& session, const Arguments& arguments) {
  if (auto ok = CheckReason(session, arguments.reason); !ok) return tl::unexpected(ok.error());
  v1::RemoveAllowEntryRequest request;
  request.set_id(arguments.ids.front());
  request.set_reason(arguments.reason);
  request.set_dry_run(arguments.dry_run);
  return Show(session, WithProgress(session.surroundings, [&] {
                return session.agent.Call(&v1::Allowlists::Stub::RemoveAllowEntry, request,
                                          preview_patience);
              }));
}

}  // namespace cli
