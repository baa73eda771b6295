#include <algorithm>
#include <string>

#include "cli/cells.h"
#include "cli/command.h"
#include "sekisho/v1/api.grpc.pb.h"

namespace cli {
namespace {

std::string DetailOf(const v1::Device& device) {
  return device.nack().empty() ? device.read_back() : device.nack();
}

Table DeviceTable(const Printer& printer,
                  const google::protobuf::RepeatedPtrField<v1::Device>& devices) {
  Table table = TableOf(
      printer, {Text::name, Text::state, Text::list, Text::exporter, Text::release, Text::wanted,
                Text::enforced, Text::not_enforceable, Text::receipt, Text::detail});
  for (const v1::Device& one : devices) {
    table.rows.push_back({one.name(), one.state(), one.list(), one.exporter(),
                          NumberCell(one.applied_release()), NumberCell(one.wanted_release()),
                          std::to_string(one.enforced()), std::to_string(one.not_enforceable()),
                          TimeCell(one.receipt_at()), DetailOf(one)});
  }
  return table;
}

}  // namespace

CommandResult ListDevices(const Session& session, const Arguments& arguments) {
  const auto response = session.agent.Call(&v1::Devices::Stub::ListDevices, {});
  if (!response) return tl::unexpected(response.error());
  if (session.printer.is_json()) {
    if (auto ok = session.printer.Json(*response); !ok) return tl::unexpected(ok.error());
  } else {
    session.printer.Show(DeviceTable(session.printer, response->devices()));
  }
  const auto& devices = response->devices();
  const bool all_current =
      std::all_of(devices.begin(), devices.end(),
                  [](const v1::Device& device) { return device.state() == "current"; });
  return arguments.check && !all_current ? ExitCode::degraded : ExitCode::ok;
}

}  // namespace cli
