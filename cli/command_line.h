#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/settings.h"
#include "cli/surroundings.h"

namespace cli {

// What was typed. It is the contract with scripts: docs/cli.md.
struct CommandLine {
  Command command = nullptr;
  LocalCommand local_command = nullptr;  // one that asks no agent, in its place
  Arguments arguments;
  Settings settings;  // the options for the connection, before CompleteSettings
  std::filesystem::path config;
  OutputFormat format = OutputFormat::table;
};

// Reads it, the program's name left out. Otherwise help or what is wrong has been printed, and the
// error is what to end with: `ok` after help.
tl::expected<CommandLine, ExitCode> ParseCommandLine(const std::vector<std::string>& words,
                                                     const Surroundings& surroundings);

}  // namespace cli
