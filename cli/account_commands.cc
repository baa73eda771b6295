#include <string>

#include "cli/cells.h"
#include "cli/command.h"
#include "policy/time.h"
#include "proto/convert.h"
#include "sekisho/v1/people.grpc.pb.h"

namespace cli {
namespace {

std::string YesOrNo(const Printer& printer, bool is_so) {
  return std::string(printer.Word(is_so ? Text::yes : Text::no));
}

// Of calls that answer nothing but that it is done.
template <class Response>
CommandResult Done(const policy::Result<Response>& response) {
  if (!response) return tl::unexpected(response.error());
  return ExitCode::ok;
}

CommandResult SetDisabled(const Session& session, const Arguments& arguments, bool disabled) {
  v1::SetDisabledRequest request;
  request.set_name(arguments.name);
  request.set_disabled(disabled);
  return Done(session.agent.Call(&v1::Accounts::Stub::SetDisabled, request));
}

}  // namespace

CommandResult ListAccounts(const Session& session, const Arguments&) {
  const auto response = session.agent.Call(&v1::Accounts::Stub::ListAccounts, {});
  if (!response) return tl::unexpected(response.error());
  if (session.printer.is_json()) return JsonOf(session, *response);
  Table table = TableOf(session.printer, {Text::name, Text::role, Text::disabled, Text::invited,
                                          Text::one_time_code, Text::last_log_in});
  for (const v1::Account& account : response->accounts()) {
    table.rows.push_back(
        {account.name(), account.role(), YesOrNo(session.printer, account.disabled()),
         YesOrNo(session.printer, account.invited()),
         YesOrNo(session.printer, account.has_one_time_code()), TimeCell(account.last_log_in())});
  }
  session.printer.Show(table);
  return ExitCode::ok;
}

CommandResult Invite(const Session& session, const Arguments& arguments) {
  v1::InviteRequest request;
  request.set_name(arguments.name);
  request.set_role(arguments.role);
  const auto response = session.agent.Call(&v1::Accounts::Stub::Invite, request);
  if (!response) return tl::unexpected(response.error());
  if (session.printer.is_json()) return JsonOf(session, *response);
  session.printer.Say(Text::invitation_for, arguments.name, TimeCell(response->expires()));
  session.printer.Line(response->link());
  return ExitCode::ok;
}

CommandResult SetRole(const Session& session, const Arguments& arguments) {
  v1::SetRoleRequest request;
  request.set_name(arguments.name);
  request.set_role(arguments.role);
  return Done(session.agent.Call(&v1::Accounts::Stub::SetRole, request));
}

CommandResult DisableAccount(const Session& session, const Arguments& arguments) {
  return SetDisabled(session, arguments, true);
}

CommandResult EnableAccount(const Session& session, const Arguments& arguments) {
  return SetDisabled(session, arguments, false);
}

CommandResult ListTokens(const Session& session, const Arguments&) {
  const auto response = session.agent.Call(&v1::Accounts::Stub::ListTokens, {});
  if (!response) return tl::unexpected(response.error());
  if (session.printer.is_json()) return JsonOf(session, *response);
  Table table = TableOf(session.printer, {Text::id, Text::name, Text::role, Text::scope,
                                          Text::created_by, Text::expires, Text::revoked_state});
  for (const v1::Token& token : response->tokens()) {
    table.rows.push_back({std::to_string(token.id()), token.name(), token.role(), token.scope(),
                          token.created_by(), TimeCell(token.expires()),
                          YesOrNo(session.printer, token.revoked())});
  }
  session.printer.Show(table);
  return ExitCode::ok;
}

CommandResult CreateToken(const Session& session, const Arguments& arguments) {
  v1::CreateTokenRequest request;
  request.set_name(arguments.name);
  request.set_role(arguments.role);
  request.mutable_scope()->Assign(arguments.scope.begin(), arguments.scope.end());
  if (!arguments.expires.empty()) {
    const auto lifetime = policy::ParseDuration(arguments.expires);
    if (!lifetime) return tl::unexpected(lifetime.error());
    *request.mutable_lifetime() = proto::ToDuration(*lifetime);
  }
  const auto response = session.agent.Call(&v1::Accounts::Stub::CreateToken, request);
  if (!response) return tl::unexpected(response.error());
  if (session.printer.is_json()) return JsonOf(session, *response);
  session.printer.Say(Text::token_once, response->token().id(),
                      TimeCell(response->token().expires()));
  session.printer.Line(response->secret());
  return ExitCode::ok;
}

CommandResult RevokeToken(const Session& session, const Arguments& arguments) {
  v1::RevokeTokenRequest request;
  request.set_id(arguments.ids.front());
  return Done(session.agent.Call(&v1::Accounts::Stub::RevokeToken, request));
}

}  // namespace cli
