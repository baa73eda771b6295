#pragma once

#include <signal.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "policy/result.h"

namespace platform {

struct DaemonOptions {
  std::string config;  // a path
  bool check_config = false;
};

// SIGTERM and SIGINT, by which an administrator ends a daemon, and SIGHUP, by which he has it read
// its configuration anew.
class DaemonSignals {
 public:
  // Blocks them in this thread and in all that it starts, so it has to come before any other.
  DaemonSignals();

  // Which one came to end us. For a daemon that reads nothing anew; it says so in the log.
  int WaitForEnd() const;
  std::optional<int> WaitFor(std::chrono::seconds time) const;

 private:
  sigset_t signals_;
};

// Where a daemon keeps its state: nobody else may look into it. Makes it, and those above it, where
// they are missing; `unavailable` if that can't be.
policy::Result<void> MakePrivateFolder(const std::filesystem::path& path);

// What the mains of our daemons share: reads --config, --check-config, --log-json and --verbose,
// sets up the log, the file modes and the signals, and runs. The exit code; an error is told on
// stderr.
int RunDaemon(
    int argc, char** argv, const std::string& name, const std::string& purpose,
    const std::function<policy::Result<void>(const DaemonOptions&, const DaemonSignals&)>& run);

}  // namespace platform
