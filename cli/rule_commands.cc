#include <string>

#include "cli/cells.h"
#include "cli/command.h"
#include "config/rules_text.h"
#include "platform/atomic_file.h"
#include "sekisho/v1/rules.grpc.pb.h"

namespace cli {
namespace {

constexpr std::size_t rules_size_max = 1 << 20;

Table ChangeTable(const Printer& printer,
                  const google::protobuf::RepeatedPtrField<v1::RuleChange>& changes) {
  Table table = TableOf(printer, {Text::id, Text::policy_version, Text::state, Text::proposed_by,
                                  Text::proposed_at, Text::reason, Text::approvers});
  for (const v1::RuleChange& change : changes) {
    table.rows.push_back({std::to_string(change.id()), change.version(), change.state(),
                          change.proposed_by(), TimeCell(change.proposed_at()), change.reason(),
                          change.decided_by()});
  }
  return table;
}

CommandResult Show(const Session& session, const policy::Result<v1::RuleChangeResponse>& answer) {
  if (!answer) return tl::unexpected(answer.error());
  if (session.printer.is_json()) return JsonOf(session, *answer);
  google::protobuf::RepeatedPtrField<v1::RuleChange> changes;
  *changes.Add() = answer->change();
  session.printer.Show(ChangeTable(session.printer, changes));
  return ExitCode::ok;
}

// The change of that ID as it is now, whose digest an approval binds to.
policy::Result<v1::RuleChange> FindChange(const Session& session, std::int64_t id) {
  const auto rules = session.agent.Call(&v1::Rules::Stub::GetRules, v1::GetRulesRequest());
  if (!rules) return tl::unexpected(rules.error());
  for (const v1::RuleChange& change : rules->changes()) {
    if (change.id() == id) return change;
  }
  return policy::Fail(policy::ErrorCode::not_found, std::to_string(id));
}

CommandResult Decide(const Session& session, const Arguments& arguments, bool approve) {
  if (auto ok = CheckReason(session, arguments.reason); !ok) return tl::unexpected(ok.error());
  v1::DecideRulesRequest request;
  request.set_id(arguments.ids.front());
  request.set_approve(approve);
  request.set_reason(arguments.reason);
  if (approve) {
    const auto change = FindChange(session, request.id());
    if (!change) return tl::unexpected(change.error());
    request.set_digest(change->digest());
  }
  return Show(session, session.agent.Call(&v1::Rules::Stub::DecideRules, request));
}

}  // namespace

CommandResult ShowRules(const Session& session, const Arguments& arguments) {
  const auto answer = session.agent.Call(&v1::Rules::Stub::GetRules, v1::GetRulesRequest());
  if (!answer) return tl::unexpected(answer.error());
  if (session.printer.is_json()) return JsonOf(session, *answer);
  if (!arguments.ids.empty()) {
    const auto change = FindChange(session, arguments.ids.front());
    if (!change) return tl::unexpected(change.error());
    session.printer.Line(change->rules());
    return ExitCode::ok;
  }
  session.printer.Line(answer->rules());
  session.printer.SayTable(ChangeTable(session.printer, answer->changes()));
  return ExitCode::ok;
}

CommandResult ProposeRules(const Session& session, const Arguments& arguments) {
  if (auto ok = CheckReason(session, arguments.reason); !ok) return tl::unexpected(ok.error());
  const auto text = platform::ReadFile(arguments.file, rules_size_max);
  if (!text) return policy::Fail(policy::ErrorCode::malformed_input, text.error().detail);
  // Mistakes are told here, under the file's own name; nothing else of the file leaves it.
  const auto rules = config::ParseRules(*text, arguments.file);
  if (!rules) return tl::unexpected(rules.error());
  v1::ProposeRulesRequest request;
  request.set_rules(config::RulesText(*rules));
  request.set_reason(arguments.reason);
  return Show(session, session.agent.Call(&v1::Rules::Stub::ProposeRules, request));
}

CommandResult ApproveRules(const Session& session, const Arguments& arguments) {
  return Decide(session, arguments, true);
}

CommandResult RejectRules(const Session& session, const Arguments& arguments) {
  return Decide(session, arguments, false);
}

}  // namespace cli
