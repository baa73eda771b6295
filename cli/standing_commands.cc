#include <string>

#include "cli/cells.h"
#include "cli/command.h"
#include "platform/encoding.h"
#include "policy/time.h"
#include "proto/convert.h"
#include "sekisho/v1/standing.grpc.pb.h"

namespace cli {
namespace {

using Service = v1::StandingApprovals::Stub;

Table RuleTable(const Printer& printer, const v1::StandingApproval& rule) {
  Table table;
  const auto add = [&](Text name, std::string value) {
    table.rows.push_back({printer.Word(name), std::move(value)});
  };
  add(Text::id, NumberCell(static_cast<std::uint64_t>(rule.id())));
  add(Text::state, rule.state());
  add(Text::filter, rule.filter());
  add(Text::lifetime, DurationCell(rule.lifetime()));
  add(Text::uses_per_day, std::to_string(rule.uses_per_day()));
  add(Text::expires, TimeCell(rule.expires_at()));
  add(Text::reason, rule.reason());
  add(Text::proposed_by, rule.proposed_by());
  add(Text::proposed_at, TimeCell(rule.proposed_at()));
  add(Text::policy_version, rule.policy_version());
  add(Text::digest, platform::ToHex(rule.digest()));
  add(Text::uses, std::to_string(rule.uses()));
  add(Text::last_used, TimeCell(rule.last_used_at()));
  if (rule.state() != "ended") return table;
  add(Text::ended_by, rule.ended_by());
  add(Text::cause, rule.ended_because());
  return table;
}

Table VoteTable(const Printer& printer, const v1::StandingApproval& rule) {
  Table table = TableOf(printer, {Text::voter, Text::at, Text::reason});
  for (const v1::Vote& vote : rule.votes()) {
    table.rows.push_back({vote.voter(), TimeCell(vote.at()), vote.reason()});
  }
  return table;
}

CommandResult Show(const Session& session,
                   const policy::Result<v1::StandingApprovalResponse>& response) {
  if (!response) return tl::unexpected(response.error());
  const Printer& printer = session.printer;
  if (printer.is_json()) return JsonOf(session, *response);
  const v1::StandingApproval& rule = response->standing_approval();
  printer.Show(RuleTable(printer, rule));
  printer.Section(printer.Word(Text::votes_heading), VoteTable(printer, rule));
  if (!response->has_preview()) return ExitCode::ok;
  const v1::StandingPreview& preview = response->preview();
  printer.Say(Text::standing_preview, preview.matched(), preview.would_approve());
  printer.Section(printer.Word(Text::proposals_heading), ProposalTable(printer, preview.sample()));
  return ExitCode::ok;
}

policy::Result<v1::StandingApprovalResponse> Get(const Session& session, std::int64_t id) {
  v1::GetStandingApprovalRequest request;
  request.set_id(id);
  return session.agent.Call(&Service::GetStandingApproval, request);
}

policy::Result<void> SetDuration(const std::string& text, auto mutable_field) {
  if (text.empty()) return {};
  const auto duration = policy::ParseDuration(text);
  if (!duration) return tl::unexpected(duration.error());
  *mutable_field() = proto::ToDuration(*duration);
  return {};
}

}  // namespace

CommandResult ListStandingApprovals(const Session& session, const Arguments& arguments) {
  v1::ListStandingApprovalsRequest request;
  request.set_all(arguments.all);
  request.set_before(static_cast<std::int64_t>(arguments.before));
  request.set_limit(arguments.limit);
  const auto response = session.agent.Call(&Service::ListStandingApprovals, request);
  if (!response) return tl::unexpected(response.error());
  if (session.printer.is_json()) return JsonOf(session, *response);
  Table table = TableOf(session.printer,
                        {Text::id, Text::state, Text::filter, Text::lifetime, Text::uses_per_day,
                         Text::uses, Text::expires, Text::proposed_by, Text::approvers});
  for (const v1::StandingApproval& rule : response->standing_approvals()) {
    std::string approvers;
    for (const v1::Vote& vote : rule.votes()) {
      approvers += (approvers.empty() ? "" : ", ") + vote.voter();
    }
    table.rows.push_back({std::to_string(rule.id()), rule.state(), rule.filter(),
                          DurationCell(rule.lifetime()), std::to_string(rule.uses_per_day()),
                          std::to_string(rule.uses()), TimeCell(rule.expires_at()),
                          rule.proposed_by(), approvers});
  }
  session.printer.Show(table);
  if (response->next_before() > 0) {
    session.printer.Say(Text::more_releases, response->next_before());
  }
  return ExitCode::ok;
}

CommandResult ShowStandingApproval(const Session& session, const Arguments& arguments) {
  return Show(session, Get(session, arguments.ids.front()));
}

CommandResult ProposeStandingApproval(const Session& session, const Arguments& arguments) {
  if (auto ok = CheckReason(session, arguments.reason); !ok) return tl::unexpected(ok.error());
  v1::ProposeStandingApprovalRequest request;
  request.set_filter(arguments.filter);
  request.set_reason(arguments.reason);
  request.set_uses_per_day(arguments.uses_per_day);
  request.set_dry_run(arguments.dry_run);
  auto set = SetDuration(arguments.expires, [&] { return request.mutable_lifetime(); });
  if (set) set = SetDuration(arguments.valid_for, [&] { return request.mutable_valid_for(); });
  if (!set) return tl::unexpected(set.error());
  return Show(session, session.agent.Call(&Service::ProposeStandingApproval, request));
}

// Shows the rule as it is, asks, and approves exactly that.
CommandResult ApproveStandingApproval(const Session& session, const Arguments& arguments) {
  if (auto ok = CheckReason(session, arguments.reason); !ok) return tl::unexpected(ok.error());
  const Printer& printer = session.printer;
  if (!arguments.yes && !session.surroundings.in_is_terminal) {
    return UsageError(session, Text::standing_needs_terminal);
  }
  const std::int64_t id = arguments.ids.front();
  const auto seen = Get(session, id);
  if (!seen) return tl::unexpected(seen.error());
  if (!arguments.yes) {
    printer.SayTable(RuleTable(printer, seen->standing_approval()));
    printer.SayTable(ProposalTable(printer, seen->preview().sample()));
    const std::string answer =
        printer.Ask(printer.Word(Text::confirm_standing, seen->preview().would_approve(), id));
    if (answer != std::to_string(id)) {
      printer.Say(Text::not_confirmed);
      return ExitCode::failure;
    }
  }
  v1::ApproveStandingApprovalRequest request;
  request.set_id(id);
  request.set_digest(seen->standing_approval().digest());
  request.set_reason(arguments.reason);
  return Show(session, session.agent.Call(&Service::ApproveStandingApproval, request));
}

CommandResult EndStandingApproval(const Session& session, const Arguments& arguments) {
  if (auto ok = CheckReason(session, arguments.reason); !ok) return tl::unexpected(ok.error());
  v1::EndStandingApprovalRequest request;
  request.set_id(arguments.ids.front());
  request.set_reason(arguments.reason);
  return Show(session, session.agent.Call(&Service::EndStandingApproval, request));
}

}  // namespace cli
