// sekisho-exporter: stands by devices, receives their lists from the agent, and proves what they
// enforce.

#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <system_error>
#include <vector>

#include "config/yaml.h"
#include "exporters/registry.h"
#include "exporters/session.h"
#include "exporters/settings.h"
#include "platform/clock.h"
#include "platform/log.h"

namespace {

using policy::ErrorCode;
using policy::Result;

struct Options {
  std::string config;
  bool check_config = false;
  bool log_json = false;
  bool verbose = false;
};

struct Device {
  exporters::DeviceSettings settings;
  std::filesystem::path state_dir;
  std::unique_ptr<exporters::Exporter> exporter;
};

Result<void> MakeFolder(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error) {
    std::filesystem::permissions(path, std::filesystem::perms::owner_all, error);
  }
  if (!error) return {};
  return policy::Fail(ErrorCode::unavailable,
                      "cannot make the state folder " + path.string() + ": " + error.message());
}

Result<std::vector<Device>> MakeDevices(const exporters::Settings& settings,
                                        const platform::Clock& clock, bool check_only) {
  std::vector<Device> devices;
  for (const exporters::DeviceSettings& one : settings.devices) {
    Device device{one, settings.state_dir / one.name, nullptr};
    if (!check_only) {
      if (auto ok = MakeFolder(device.state_dir); !ok) return tl::unexpected(ok.error());
    }
    auto exporter = one.row->make(one.settings, {.device = one.name,
                                                 .state_dir = device.state_dir,
                                                 .clock = clock,
                                                 .check_only = check_only});
    if (!exporter) {
      return policy::Fail(exporter.error().code, one.name + ": " + exporter.error().detail);
    }
    device.exporter = std::move(*exporter);
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
  session.update_size_max = settings.update_size_max;
  session.seed = std::random_device()();
  return session;
}

int WaitForSignal(const sigset_t& signals) {
  int signal = 0;
  sigwait(&signals, &signal);
  return signal;
}

Result<void> Run(const Options& options, const sigset_t& signals) {
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
  const int signal = WaitForSignal(signals);
  platform::Info("stopping on signal {}; the devices keep enforcing what they have", signal);
  return {};
}

// Before any thread starts, so that all of them inherit it and only WaitForSignal takes these.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  static_cast<void>(signal(SIGPIPE, SIG_IGN));
  return signals;
}

}  // namespace

int main(int argc, char** argv) {
  const sigset_t signals = BlockSignals();
  umask(S_IWGRP | S_IRWXO);
  Options options;
  CLI::App app("Publishes Sekisho's block lists to devices, and proves what they enforce.");
  app.add_option("--config", options.config, "settings, YAML")->required();
  app.add_flag("--check-config", options.check_config, "read the settings, say what is wrong, end");
  app.add_flag("--log-json", options.log_json, "log as JSON, one object a line");
  app.add_flag("--verbose", options.verbose, "log details, too");
  CLI11_PARSE(app, argc, argv);

  platform::InitLog(options.verbose ? platform::LogLevel::debug : platform::LogLevel::info,
                    options.log_json);
  const auto done = Run(options, signals);
  if (done) return 0;
  static_cast<void>(std::fprintf(stderr, "sekisho-exporter: %s\n", done.error().detail.c_str()));
  return 1;
}
