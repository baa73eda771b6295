#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "config/yaml.h"
#include "exporters/agent_channel.h"
#include "exporters/keeper.h"
#include "exporters/registry.h"
#include "policy/indicator.h"
#include "policy/result.h"

namespace exporters {

struct AgentSettings {
  std::vector<std::string> addresses;  // "host:port"
  AgentIdentity identity;
  std::filesystem::path list_key;
};

struct DeviceSettings {
  std::string name;
  const Row* row = nullptr;
  config::Node settings;  // for row->make
  std::chrono::seconds read_back_every{0};
  OnDrift on_drift = OnDrift::restore;
  std::uint64_t entries_max = 0;  // that the device takes; 0 for no bound
  bool dry_run = false;
  std::vector<policy::Indicator> must_work;  // names, single addresses, URLs
};

// Of sekisho-exporter; config/exporters/*.example.yaml show it.
struct Settings {
  AgentSettings agent;
  std::filesystem::path state_dir;
  std::vector<DeviceSettings> devices;
  std::size_t update_size_max = 0;  // bytes
};

// Reads all but the devices' own settings. What is wrong is noted in the document, whose Finish
// then fails; a device without a row is left out.
Settings ReadSettings(const config::Node& root);

// The agent's public list key: 32 bytes in hexadecimal or base64, on one line.
policy::Result<std::string> LoadListKey(const std::filesystem::path& path);

}  // namespace exporters
