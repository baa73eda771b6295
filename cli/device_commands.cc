#include <algorithm>
#include <chrono>
#include <string>

#include "cli/cells.h"
#include "cli/command.h"
#include "policy/validity.h"
#include "sekisho/v1/api.grpc.pb.h"

namespace cli {
namespace {

std::string DetailOf(const v1::Device& device) {
  constexpr int shown_max = 3;
  std::string detail = device.nack().empty() ? device.read_back() : device.nack();
  if (device.ended() > 0) {
    detail = std::to_string(device.ended()) + " ended while the agent was away; " + detail;
  }
  for (int i = 0; i < std::min(device.difference_size(), shown_max); ++i) {
    detail += "; " + device.difference(i);
  }
  return detail;
}

// Absent, the start counts as long ago.
bool Ends(const google::protobuf::Timestamp& from, const google::protobuf::Timestamp& until) {
  using std::chrono::seconds;
  const auto now = std::chrono::floor<seconds>(std::chrono::system_clock::now());
  const policy::Validity validity{policy::TimePoint(seconds(from.seconds())),
                                  policy::TimePoint(seconds(until.seconds()))};
  return policy::AgeOf(validity, now) >= policy::CertificateAge::urgent;
}

// Whether a device does what it should, and goes on doing so.
bool IsWell(const v1::Device& device) {
  return (device.state() == "current" || device.state() == "dry-run") &&
         !(device.has_certificate_expires_at() &&
           Ends(device.certificate_valid_from(), device.certificate_expires_at()));
}

Table CertificateTable(const Printer& printer, const v1::ListDevicesResponse& response) {
  Table table = TableOf(printer, {Text::certificate, Text::expires});
  for (const v1::Certificate& one : response.certificates()) {
    table.rows.push_back({one.use(), TimeCell(one.expires_at())});
  }
  return table;
}

std::string LeftOutCell(const v1::Device& device) {
  std::uint64_t count = 0;
  for (const v1::LeftOut& part : device.left_out()) count += part.count();
  return std::to_string(count);
}

Table DeviceTable(const Printer& printer,
                  const google::protobuf::RepeatedPtrField<v1::Device>& devices) {
  Table table =
      TableOf(printer, {Text::name, Text::state, Text::list, Text::exporter, Text::release,
                        Text::wanted, Text::enforced, Text::not_enforceable, Text::left_out,
                        Text::receipt, Text::certificate, Text::detail});
  for (const v1::Device& one : devices) {
    table.rows.push_back({one.name(), one.state(), one.list(), one.exporter(),
                          NumberCell(one.applied_release()), NumberCell(one.wanted_release()),
                          std::to_string(one.enforced()), std::to_string(one.not_enforceable()),
                          LeftOutCell(one), TimeCell(one.receipt_at()),
                          TimeCell(one.certificate_expires_at()), DetailOf(one)});
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
    if (response->certificates_size() != 0) {
      session.printer.Show(CertificateTable(session.printer, *response));
    }
  }
  const bool all_well =
      std::ranges::all_of(response->devices(), IsWell) &&
      std::ranges::none_of(response->certificates(), [](const v1::Certificate& certificate) {
        return Ends(certificate.valid_from(), certificate.expires_at());
      });
  return arguments.check && !all_well ? ExitCode::degraded : ExitCode::ok;
}

}  // namespace cli
