#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "cli/surroundings.h"
#include "policy/result.h"

namespace cli {

// How to reach the agent and what to trust. Unset is empty.
struct Settings {
  std::string agent;  // "host:port"
  std::string server_name;
  std::filesystem::path token_file;
  std::filesystem::path ca;
  std::filesystem::path certificate;
  std::filesystem::path key;
  std::optional<std::chrono::seconds> timeout;
  std::string verifier_key;  // of the block history
  std::string language;      // "en", "ja"
};

// Completes what the command line says by the environment (SEKISHO_AGENT, SEKISHO_TOKEN_FILE,
// SEKISHO_CA), then by the configuration file: `config`, else that of SEKISHO_CONFIG, else
// ~/.config/sekisho/config.yaml if there is one. config/sekisho.example.yaml shows the file.
policy::Result<Settings> CompleteSettings(Settings typed, const std::filesystem::path& config,
                                          const Surroundings& surroundings);

}  // namespace cli
