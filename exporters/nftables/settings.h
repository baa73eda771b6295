#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "config/yaml.h"
#include "policy/result.h"

namespace exporters::nftables {

// Where packets are looked at: to this machine, through it, from it.
enum class Hook : std::uint8_t { input, forward, output };

struct Settings {
  std::filesystem::path nft;      // the program, for the table's set-up only
  std::string table;              // of family inet, ours alone
  std::string network_namespace;  // as `ip netns` names it; empty for our own
  std::vector<Hook> hooks;
  std::int32_t priority = 0;
  // How long a full reading proves what has not changed since, by the kernel's count of changes.
  std::chrono::seconds full_read_every{};
  std::chrono::seconds timeout{};  // of one run of nft, and of one answer of the kernel
};

policy::Result<Settings> ReadSettings(const config::Node& node);

}  // namespace exporters::nftables
