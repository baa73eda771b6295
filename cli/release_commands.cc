#include <string>

#include "cli/cells.h"
#include "cli/command.h"
#include "platform/encoding.h"
#include "sekisho/v1/api.grpc.pb.h"

namespace cli {
namespace {

Table ListsOf(const Printer& printer, const v1::Release& release) {
  Table table =
      TableOf(printer, {Text::list, Text::count, Text::added, Text::removed, Text::digest});
  for (const v1::ReleaseList& one : release.lists()) {
    table.rows.push_back({one.list(), std::to_string(one.count()), std::to_string(one.added()),
                          std::to_string(one.removed()), platform::ToHex(one.digest())});
  }
  return table;
}

Table ReleaseTable(const Printer& printer,
                   const google::protobuf::RepeatedPtrField<v1::Release>& releases) {
  Table table = TableOf(printer, {Text::release, Text::at, Text::list, Text::cause});
  for (const v1::Release& one : releases) {
    std::string lists;
    for (const v1::ReleaseList& list : one.lists()) {
      lists += (lists.empty() ? "" : ", ") + list.list() + " " + std::to_string(list.count());
    }
    table.rows.push_back({std::to_string(one.number()), TimeCell(one.at()), lists, one.cause()});
  }
  return table;
}

}  // namespace

CommandResult ListReleases(const Session& session, const Arguments& arguments) {
  v1::ListReleasesRequest request;
  request.set_limit(arguments.limit);
  request.set_before(arguments.before);
  const auto response = session.agent.Call(&v1::Releases::Stub::ListReleases, request);
  if (!response) return tl::unexpected(response.error());
  if (session.printer.is_json()) return JsonOf(session, *response);
  session.printer.Show(ReleaseTable(session.printer, response->releases()));
  const int count = response->releases_size();
  if (static_cast<std::uint32_t>(count) == arguments.limit &&
      response->releases(count - 1).number() > 1) {
    session.printer.Say(Text::more_releases, response->releases(count - 1).number());
  }
  return ExitCode::ok;
}

CommandResult ShowRelease(const Session& session, const Arguments& arguments) {
  v1::GetReleaseRequest request;
  request.set_number(arguments.number);
  request.set_list(arguments.list);
  const auto response = session.agent.Call(&v1::Releases::Stub::GetRelease, request);
  if (!response) return tl::unexpected(response.error());
  if (session.printer.is_json()) return JsonOf(session, *response);
  const Printer& printer = session.printer;
  if (!arguments.list.empty()) {
    for (const std::string& line : response->lines()) printer.Line(SubjectCell(line));
    return ExitCode::ok;
  }
  const v1::Release& release = response->release();
  printer.Show({{},
                {{printer.Word(Text::release), std::to_string(release.number())},
                 {printer.Word(Text::at), TimeCell(release.at())},
                 {printer.Word(Text::cause), release.cause()}}});
  printer.Line("");
  printer.Show(ListsOf(printer, release));
  return ExitCode::ok;
}

CommandResult DiffReleases(const Session& session, const Arguments& arguments) {
  v1::DiffReleasesRequest request;
  request.set_from(arguments.number);
  request.set_to(arguments.other_number);
  const auto response = session.agent.Call(&v1::Releases::Stub::DiffReleases, request);
  if (!response) return tl::unexpected(response.error());
  if (session.printer.is_json()) return JsonOf(session, *response);
  Table table;
  const auto add = [&](const char* sign, const v1::Block& block) {
    const std::string& why = block.removed_because();
    table.rows.push_back({sign, block.kind(), IndicatorCell(block.indicator()),
                          *sign == '-' && !why.empty() ? why : block.reason()});
  };
  for (const v1::Block& block : response->added()) add("+", block);
  for (const v1::Block& block : response->removed()) add("-", block);
  session.printer.Show(table);
  return ExitCode::ok;
}

CommandResult RevertReleases(const Session& session, const Arguments& arguments) {
  if (auto ok = CheckReason(session, arguments.reason); !ok) return tl::unexpected(ok.error());
  v1::RevertReleasesRequest request;
  request.set_from(arguments.number);
  request.set_to(arguments.other_number);
  request.set_reason(arguments.reason);
  request.set_dry_run(arguments.dry_run);
  const auto response = session.agent.Call(&v1::Releases::Stub::RevertReleases, request);
  if (!response) return tl::unexpected(response.error());
  if (session.printer.is_json()) return JsonOf(session, *response);
  const Printer& printer = session.printer;
  Table table = TableOf(printer, {Text::action, Text::kind, Text::indicator, Text::reason});
  for (const v1::Block& block : response->revoked()) {
    table.rows.push_back({printer.Word(Text::is_revoked), block.kind(),
                          IndicatorCell(block.indicator()), block.reason()});
  }
  for (const v1::Block& block : response->proposed()) {
    table.rows.push_back({printer.Word(Text::proposed), block.kind(),
                          IndicatorCell(block.indicator()), block.reason()});
  }
  for (const v1::Refusal& refusal : response->refused()) {
    table.rows.push_back(
        {printer.Word(Text::refused), "", IndicatorCell(refusal.indicator()), refusal.reason()});
  }
  printer.Show(table);
  return ExitCode::ok;
}

CommandResult ListBrakes(const Session& session, const Arguments&) {
  const auto response = session.agent.Call(&v1::Releases::Stub::ListBrakes, {});
  if (!response) return tl::unexpected(response.error());
  if (session.printer.is_json()) return JsonOf(session, *response);
  Table table =
      TableOf(session.printer, {Text::id, Text::since, Text::direction, Text::held, Text::reason});
  for (const v1::Brake& one : response->brakes()) {
    table.rows.push_back({std::to_string(one.id()), TimeCell(one.since()), one.direction(),
                          std::to_string(one.held()), one.reason()});
  }
  session.printer.Show(table);
  return ExitCode::ok;
}

CommandResult ReleaseBrake(const Session& session, const Arguments& arguments) {
  if (auto ok = CheckReason(session, arguments.reason); !ok) return tl::unexpected(ok.error());
  v1::ReleaseBrakeRequest request;
  request.set_id(arguments.ids.front());
  request.set_reason(arguments.reason);
  const auto response = session.agent.Call(&v1::Releases::Stub::ReleaseBrake, request);
  if (!response) return tl::unexpected(response.error());
  if (session.printer.is_json()) return JsonOf(session, *response);
  session.printer.Show(
      {{}, {{session.printer.Word(Text::release), NumberCell(response->release())}}});
  return ExitCode::ok;
}

}  // namespace cli
