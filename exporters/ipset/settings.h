#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "config/yaml.h"
#include "policy/result.h"

namespace exporters::ipset {

// config/exporters/ipset.example.yaml shows them.
struct Settings {
  std::filesystem::path program;
  std::string name;  // of the sets, before "4" and "6"
  bool ipv6 = true;
  std::string network_namespace;    // as in `ip netns`; empty for our own
  std::chrono::seconds hold{0};     // how long entries stay without us; 0 for ever
  std::chrono::seconds timeout{0};  // of one run of the program
};

// Fails with all that is wrong, by line and column.
policy::Result<Settings> ReadSettings(const config::Node& node);

}  // namespace exporters::ipset
