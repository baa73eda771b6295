#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "agent/api/services.h"
#include "proto/convert.h"
#include "sekisho/v1/api.pb.h"

namespace agent::api {
namespace {

using policy::Result;
using sekisho::v1::Device;
using sekisho::v1::ListDevicesRequest;
using sekisho::v1::ListDevicesResponse;
using store::DeviceStatus;

void AddStatus(const DeviceStatus& status, Device& device) {
  device.set_exporter(status.exporter);
  device.set_software(status.software);
  device.set_applied_release(status.release);
  device.set_digest(proto::ToBytes(status.digest));
  device.set_count(status.count);
  device.set_enforced(status.enforced);
  device.set_not_enforceable(status.not_enforceable);
  device.set_read_back(status.read_back);
  if (status.receipt_at) *device.mutable_receipt_at() = proto::ToTimestamp(*status.receipt_at);
  device.set_ended(status.ended);
  *device.mutable_left_out() = proto::LeftOutFromJson(status.left_out).left_out();
  device.set_nack(status.nack);
  if (status.nack_at) *device.mutable_nack_at() = proto::ToTimestamp(*status.nack_at);
  if (status.certificate_expires) {
    *device.mutable_certificate_expires_at() = proto::ToTimestamp(*status.certificate_expires);
  }
  if (status.certificate_from) {
    *device.mutable_certificate_valid_from() = proto::ToTimestamp(*status.certificate_from);
  }
  device.set_dry_run(status.dry_run);
  std::istringstream difference(status.difference);
  for (std::string line; std::getline(difference, line);) device.add_difference(line);
}

// Whether the last refusal was of the list that is wanted now. One of an older list is over: the
// device has yet to answer the newer.
Result<bool> RefusesWanted(store::Reader& reader, const DeviceStatus& status,
                           const Result<publish::ListState>& wanted) {
  if (status.nack.empty()) return false;
  if (!wanted || !status.nack_at) return true;
  const auto release = reader.FindRelease(wanted->release);
  if (!release) return tl::unexpected(release.error());
  return !*release || *status.nack_at >= (*release)->at;
}

// Worst first. The digest decides, not the number: a device is current if what was read back from
// it is the list in force.
std::string StateOf(const DeviceStatus* status, bool is_connected, bool refuses,
                    const Result<publish::ListState>& wanted) {
  if (status == nullptr && !is_connected) return "never seen";
  if (!is_connected) return "offline";
  if (status != nullptr && status->drift) return "drift";
  if (refuses) return "refused";
  const bool is_current =
      status != nullptr && status->receipt_at && wanted && status->digest == wanted->list->digest();
  if (!is_current) return "behind";
  if (status->dry_run) return "dry-run";
  return status->left_out.empty() ? "current" : "full";
}

Result<ListDevicesResponse> ListDevices(const Desk& desk) {
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  const auto statuses = (*reader)->DeviceStatuses();
  if (!statuses) return tl::unexpected(statuses.error());
  const std::vector<std::string> connected = desk.engine.ConnectedDevices();
  ListDevicesResponse response;
  for (const auto& settings : desk.devices) {
    Device& device = *response.add_devices();
    device.set_name(settings.name);
    device.set_list(settings.list);
    device.set_connected(std::find(connected.begin(), connected.end(), settings.name) !=
                         connected.end());
    const auto wanted = desk.publication.Current(settings.list);
    if (wanted) device.set_wanted_release(wanted->release);
    const auto found =
        std::find_if(statuses->begin(), statuses->end(),
                     [&](const DeviceStatus& status) { return status.device == settings.name; });
    const DeviceStatus* status = found == statuses->end() ? nullptr : &*found;
    bool refuses = false;
    if (status != nullptr) {
      AddStatus(*status, device);
      const auto refuses_wanted = RefusesWanted(**reader, *status, wanted);
      if (!refuses_wanted) return tl::unexpected(refuses_wanted.error());
      refuses = *refuses_wanted;
    }
    device.set_state(StateOf(status, device.connected(), refuses, wanted));
  }
  if (desk.certificates != nullptr) {
    for (const Certificates::End& end : desk.certificates->ends()) {
      sekisho::v1::Certificate& certificate = *response.add_certificates();
      certificate.set_use(end.use);
      *certificate.mutable_expires_at() = proto::ToTimestamp(end.validity.until);
      *certificate.mutable_valid_from() = proto::ToTimestamp(end.validity.from);
    }
  }
  return response;
}

}  // namespace

void AddDevices(MethodTable& table, const Desk& desk) {
  table.Add<ListDevicesRequest, ListDevicesResponse>(
      "sekisho.v1.Devices.ListDevices",
      [&desk](const Caller&, const ListDevicesRequest&) { return ListDevices(desk); });
}

}  // namespace agent::api
