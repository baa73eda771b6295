#include <string>

#include "cli/cells.h"
#include "cli/command.h"
#include "policy/time.h"
#include "proto/convert.h"
#include "sekisho/v1/emergency.grpc.pb.h"

namespace cli {
namespace {

Table EmergencyTable(const Printer& printer,
                     const google::protobuf::RepeatedPtrField<v1::Emergency>& emergencies) {
  Table table = TableOf(
      printer, {Text::id, Text::action, Text::indicator, Text::within, Text::state, Text::actor,
                Text::at, Text::expires, Text::reviewer, Text::reason, Text::clients});
  for (const v1::Emergency& one : emergencies) {
    table.rows.push_back({one.id() == 0 ? "" : std::to_string(one.id()), one.act(),
                          IndicatorCell(one.indicator()),
                          one.within() ? printer.Word(Text::yes) : "", one.state(), one.actor(),
                          TimeCell(one.at()), TimeCell(one.ends_at()), one.reviewer(), one.reason(),
                          one.has_traffic() ? ClientsCell(one.traffic()) : ""});
  }
  return table;
}

CommandResult Show(const Session& session, const policy::Result<v1::EmergencyResponse>& response) {
  if (!response) return tl::unexpected(response.error());
  if (session.printer.is_json()) return JsonOf(session, *response);
  const Printer& printer = session.printer;
  printer.Show(EmergencyTable(printer, response->emergencies()));
  printer.Section(printer.Word(Text::blocks_heading), BlockTable(printer, response->blocks()));
  return ExitCode::ok;
}

CommandResult Review(const Session& session, const Arguments& arguments,
                     v1::ReviewRequest::Verdict verdict) {
  if (auto ok = CheckReason(session, arguments.reason); !ok) return tl::unexpected(ok.error());
  v1::ReviewRequest request;
  request.set_id(arguments.ids.front());
  request.set_verdict(verdict);
  request.set_reason(arguments.reason);
  if (!arguments.expires.empty()) {
    const auto lifetime = policy::ParseDuration(arguments.expires);
    if (!lifetime) return tl::unexpected(lifetime.error());
    *request.mutable_lifetime() = proto::ToDuration(*lifetime);
  }
  return Show(session, session.agent.Call(&v1::Emergencies::Stub::Review, request));
}

}  // namespace

CommandResult ListEmergencies(const Session& session, const Arguments& arguments) {
  v1::ListEmergenciesRequest request;
  request.set_all(arguments.all);
  request.set_before(static_cast<std::int64_t>(arguments.before));
  request.set_limit(arguments.limit);
  const auto response = session.agent.Call(&v1::Emergencies::Stub::ListEmergencies, request);
  if (!response) return tl::unexpected(response.error());
  if (session.printer.is_json()) return JsonOf(session, *response);
  session.printer.Show(EmergencyTable(session.printer, response->emergencies()));
  if (response->next_before() > 0) {
    session.printer.Say(Text::more_releases, response->next_before());
  }
  return ExitCode::ok;
}

CommandResult BlockNow(const Session& session, const Arguments& arguments) {
  if (auto ok = CheckReason(session, arguments.reason); !ok) return tl::unexpected(ok.error());
  v1::BlockNowRequest request;
  for (const std::string& target : arguments.targets) request.add_indicators(target);
  request.set_reason(arguments.reason);
  return Show(session, session.agent.Call(&v1::Emergencies::Stub::BlockNow, request));
}

CommandResult UnblockNow(const Session& session, const Arguments& arguments) {
  if (auto ok = CheckReason(session, arguments.reason); !ok) return tl::unexpected(ok.error());
  v1::UnblockNowRequest request;
  request.set_indicator(arguments.indicator);
  request.set_within(arguments.within);
  request.set_reason(arguments.reason);
  request.set_dry_run(arguments.dry_run);
  return Show(session, session.agent.Call(&v1::Emergencies::Stub::UnblockNow, request));
}

CommandResult ConfirmEmergency(const Session& session, const Arguments& arguments) {
  return Review(session, arguments, v1::ReviewRequest::VERDICT_CONFIRM);
}

CommandResult OverturnEmergency(const Session& session, const Arguments& arguments) {
  return Review(session, arguments, v1::ReviewRequest::VERDICT_OVERTURN);
}

}  // namespace cli
