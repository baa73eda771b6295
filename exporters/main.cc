// sekisho-exporter: stands by devices, receives their lists from the agent, and proves what they
// enforce.

#include <memory>
#include <random>
#include <string>
#include <system_error>
#include <vector>

#include "config/yaml.h"
#include "exporters/dry_run.h"
#include "exporters/must_work.h"
#include "exporters/registry.h"
#include "exporters/session.h"
#include "exporters/settings.h"
#include "platform/clock.h"
#include "platform/daemon.h"
#include "platform/log.h"

namespace {

using policy::Result;

struct Device {
  exporters::DeviceSettings settings;
  std::filesystem::path state_dir;
  std::unique_ptr<exporters::Exporter> exporter;
};

Result<std::vector<Device>> MakeDevices(const exporters::Settings& settings,
                                        const platform::Clock& clock, bool check_only) {
  std::vector<Device> devices;
  for (const exporters::DeviceSettings& one : settings.devices) {
    Device device{one, settings.state_dir / one.name, nullptr};
    if (!check_only) {
      if (auto ok = platform::MakePrivateFolder(device.state_dir); !ok)
        return tl::unexpected(ok.error());
    }
    auto exporter = one.row->make(one.settings, {.device = one.name,
                                                 .state_dir = device.state_dir,
                                                 .clock = clock,
                                                 .check_only = check_only});
    if (!exporter) {
      return policy::Fail(exporter.error().code, one.name + ": " + exporter.error().detail);
    }
    device.exporter = std::move(*exporter);
    if (one.dry_run)
      device.exporter = std::make_unique<exporters::DryRun>(std::move(device.exporter));
    if (!one.must_work.empty()) {
      device.exporter =
          std::make_unique<exporters::MustWork>(std::move(device.exporter), one.must_work);
    }
    devices.push_back(std::move(device));
  }
  return devices;
}

exporters::SessionSettings SessionSettingsOf(const exporters::Settings& settings,
                                             const Device& device, const std::string& list_key) {
  exporters::SessionSettings session;
  session.device = device.settings.name;
  session.exporter = device.settings.row->name;
  session.state_dir = device.state_dir;
  session.agents = settings.agent.addresses;
  session.identity = settings.agent.identity;
  session.list_key = list_key;
  session.on_drift = device.settings.on_drift;
  session.read_back_every = device.settings.read_back_every;
  session.entries_max = device.settings.entries_max;
  session.update_size_max = settings.update_size_max;
  session.seed = std::random_device()();
  return session;
}

Result<void> Run(const platform::DaemonOptions& options, const platform::DaemonSignals& signals) {
  const platform::SystemClock clock;
  auto document = config::Document::Load(options.config);
  if (!document) return tl::unexpected(std::move(document.error()));
  const exporters::Settings settings = exporters::ReadSettings(document->root());
  auto devices = MakeDevices(settings, clock, options.check_config);
  // What is wrong with the file comes before what a device said of it.
  if (auto ok = document->Finish(); !ok) return ok;
  if (!devices) return tl::unexpected(std::move(devices.error()));
  auto list_key = exporters::LoadListKey(settings.agent.list_key);
  if (!list_key) return tl::unexpected(std::move(list_key.error()));
  if (options.check_config) {
    platform::Info("{}: no mistakes found", options.config);
    return {};
  }
  std::vector<std::unique_ptr<exporters::Session>> sessions;
  for (const Device& device : *devices) {
    sessions.push_back(std::make_unique<exporters::Session>(
        SessionSettingsOf(settings, device, *list_key), *device.exporter, clock));
  }
  platform::Info("devices served: {}", sessions.size());
  const int signal = signals.WaitForEnd();
  platform::Info("stopping on signal {}; the devices keep enforcing what they have", signal);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  return platform::RunDaemon(
      argc, argv, "sekisho-exporter",
      "Publishes Sekisho's block lists to devices, and proves what they enforce.", Run);
}
