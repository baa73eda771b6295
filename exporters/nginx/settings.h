#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "config/yaml.h"
#include "policy/result.h"

namespace exporters::nginx {

// config/exporters/nginx.example.yaml shows them.
struct Settings {
  std::filesystem::path program;
  std::filesystem::path directory;
  std::filesystem::path pid_file;
  std::string probe_host;  // an address
  std::uint16_t probe_port = 0;
  bool hangs_up = false;  // blocks with status 444, so by no answer; else with 403
  std::size_t samples = 0;
  std::chrono::seconds check_timeout{0};
  std::chrono::seconds reload_timeout{0};
  std::chrono::seconds probe_timeout{0};
};

// Fails with all that is wrong, by line and column.
policy::Result<Settings> ReadSettings(const config::Node& node);

}  // namespace exporters::nginx
