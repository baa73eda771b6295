#include <string>

#include "cli/cells.h"
#include "cli/command.h"
#include "cli/why_view.h"
#include "policy/time.h"
#include "proto/convert.h"
#include "sekisho/v1/unblock.grpc.pb.h"

namespace cli {
namespace {

using Requests = google::protobuf::RepeatedPtrField<v1::UnblockRequest>;

Table RequestTable(const Printer& printer, const Requests& requests) {
  Table table = TableOf(printer, {Text::id, Text::indicator, Text::state, Text::at, Text::note,
                                  Text::contact, Text::answered_by, Text::answer, Text::until});
  for (const v1::UnblockRequest& one : requests) {
    table.rows.push_back({std::to_string(one.id()), IndicatorCell(one.indicator()), one.state(),
                          TimeCell(one.at()), one.note(), one.contact(), one.answered_by(),
                          one.answer(), TimeCell(one.until())});
  }
  return table;
}

CommandResult Show(const Session& session, const policy::Result<v1::AnswerResponse>& response) {
  if (!response) return tl::unexpected(response.error());
  if (session.printer.is_json()) return JsonOf(session, *response);
  const Printer& printer = session.printer;
  printer.Show(RequestTable(printer, response->requests()));
  printer.Section(printer.Word(Text::blocks_heading), BlockTable(printer, response->blocks()));
  return ExitCode::ok;
}

}  // namespace

CommandResult ListUnblockRequests(const Session& session, const Arguments& arguments) {
  v1::ListUnblockRequestsRequest request;
  request.set_all(arguments.all);
  request.set_before(static_cast<std::int64_t>(arguments.before));
  request.set_limit(arguments.limit);
  const auto response =
      session.agent.Call(&v1::UnblockRequests::Stub::ListUnblockRequests, request);
  if (!response) return tl::unexpected(response.error());
  if (session.printer.is_json()) return JsonOf(session, *response);
  session.printer.Show(RequestTable(session.printer, response->requests()));
  if (response->next_before() > 0) {
    session.printer.Say(Text::more_releases, response->next_before());
  }
  return ExitCode::ok;
}

CommandResult ShowUnblockRequest(const Session& session, const Arguments& arguments) {
  v1::GetUnblockRequestRequest request;
  request.set_id(arguments.ids.front());
  const auto response = session.agent.Call(&v1::UnblockRequests::Stub::GetUnblockRequest, request);
  if (!response) return tl::unexpected(response.error());
  if (session.printer.is_json()) return JsonOf(session, *response);
  const Printer& printer = session.printer;
  Requests requests = response->others();
  *requests.Add() = response->request();
  printer.Section(printer.Word(Text::requests_heading), RequestTable(printer, requests));
  printer.Section(printer.Word(Text::would_go_heading), BlockTable(printer, response->blocks()));
  ShowWhy(printer, response->why());
  return ExitCode::ok;
}

CommandResult DeclineUnblockRequest(const Session& session, const Arguments& arguments) {
  if (auto ok = CheckReason(session, arguments.reason); !ok) return tl::unexpected(ok.error());
  v1::DeclineRequest request;
  request.set_id(arguments.ids.front());
  request.set_reason(arguments.reason);
  return Show(session, session.agent.Call(&v1::UnblockRequests::Stub::Decline, request));
}

CommandResult GrantUnblockRequest(const Session& session, const Arguments& arguments) {
  if (auto ok = CheckReason(session, arguments.reason); !ok) return tl::unexpected(ok.error());
  v1::GrantRequest request;
  request.set_id(arguments.ids.front());
  request.set_reason(arguments.reason);
  if (!arguments.expires.empty()) {
    const auto lifetime = policy::ParseDuration(arguments.expires);
    if (!lifetime) return tl::unexpected(lifetime.error());
    *request.mutable_lifetime() = proto::ToDuration(*lifetime);
  }
  return Show(session, session.agent.Call(&v1::UnblockRequests::Stub::Grant, request));
}

}  // namespace cli
