#include <chrono>
#include <string>
#include <thread>

#include "cli/bulk.h"
#include "cli/cells.h"
#include "cli/progress.h"

namespace cli {
namespace {

using policy::Result;

constexpr std::chrono::milliseconds look_every{200};

Result<v1::BulkDecision> Find(const Session& session, std::int64_t id) {
  v1::ListBulkRequest request;
  request.set_id(id);
  auto response = session.agent.Call(&v1::Bulk::Stub::ListBulk, request);
  if (!response) return tl::unexpected(std::move(response.error()));
  if (response->decisions_size() == 1) return response->decisions(0);
  return policy::Fail(policy::ErrorCode::corrupt, "the agent's answer is not one bulk decision");
}

std::uint64_t DoneOf(const v1::BulkDecision& bulk) {
  return bulk.decided() + bulk.awaiting() + bulk.refused_total();
}

Table BulkTable(const Printer& printer,
                const google::protobuf::RepeatedPtrField<v1::BulkDecision>& decisions) {
  Table table = TableOf(printer, {Text::id, Text::verdict, Text::voter, Text::since, Text::state,
                                  Text::matched, Text::decided, Text::awaiting, Text::refused,
                                  Text::release, Text::filter, Text::reason, Text::detail});
  for (const v1::BulkDecision& bulk : decisions) {
    table.rows.push_back({std::to_string(bulk.id()), bulk.verdict(), bulk.voter(),
                          TimeCell(bulk.started()), bulk.state(), std::to_string(bulk.matched()),
                          std::to_string(bulk.decided()), std::to_string(bulk.awaiting()),
                          std::to_string(bulk.refused_total()), NumberCell(bulk.release()),
                          bulk.filter(), bulk.reason(), bulk.ended_because()});
  }
  return table;
}

}  // namespace

Result<v1::BulkDecision> AwaitBulk(const Session& session, std::int64_t id) {
  session.printer.Say(Text::bulk_goes_on, id);
  auto bulk = Find(session, id);
  Progress progress(session.surroundings, bulk ? bulk->matched() : 0);
  while (bulk && bulk->state() == "running") {
    progress.At(DoneOf(*bulk));
    std::this_thread::sleep_for(look_every);
    bulk = Find(session, id);
  }
  return bulk;
}

CommandResult ReportBulk(const Session& session, const v1::BulkDecision& bulk) {
  const Printer& printer = session.printer;
  for (const v1::Refusal& refusal : bulk.refused()) {
    printer.Say(Text::refusal, refusal.id(), IndicatorCell(refusal.indicator()), refusal.reason());
  }
  if (bulk.verdict() == "approve" && bulk.decided() > 0 && bulk.release() == 0) {
    printer.Say(Text::not_in_a_release);
  }
  if (printer.is_json()) {
    if (auto ok = printer.Json(bulk); !ok) return tl::unexpected(std::move(ok.error()));
  } else {
    google::protobuf::RepeatedPtrField<v1::BulkDecision> one;
    *one.Add() = bulk;
    printer.Show(BulkTable(printer, one));
  }
  return bulk.state() == "done" && bulk.refused_total() == 0 ? ExitCode::ok : ExitCode::failure;
}

CommandResult ListBulk(const Session& session, const Arguments& arguments) {
  v1::ListBulkRequest request;
  request.set_all(arguments.all);
  request.set_before(static_cast<std::int64_t>(arguments.before));
  request.set_limit(arguments.limit);
  const auto response = session.agent.Call(&v1::Bulk::Stub::ListBulk, request);
  if (!response) return tl::unexpected(response.error());
  if (session.printer.is_json()) return JsonOf(session, *response);
  session.printer.Show(BulkTable(session.printer, response->decisions()));
  if (response->next_before() > 0) {
    session.printer.Say(Text::more_releases, response->next_before());
  }
  return ExitCode::ok;
}

CommandResult CancelBulk(const Session& session, const Arguments& arguments) {
  if (auto ok = CheckReason(session, arguments.reason); !ok) return tl::unexpected(ok.error());
  v1::CancelBulkRequest request;
  request.set_id(arguments.ids.front());
  request.set_reason(arguments.reason);
  const auto response = session.agent.Call(&v1::Bulk::Stub::CancelBulk, request);
  if (!response) return tl::unexpected(response.error());
  if (session.printer.is_json()) return JsonOf(session, *response);
  google::protobuf::RepeatedPtrField<v1::BulkDecision> one;
  *one.Add() = *response;
  session.printer.Show(BulkTable(session.printer, one));
  return ExitCode::ok;
}

}  // namespace cli
