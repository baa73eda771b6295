#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "policy/result.h"

namespace platform {

struct SpawnRequest {
  const std::vector<std::string>& argv;
  const std::map<std::string, std::string>& env;
  bool inherit_env;
  const std::filesystem::path& cwd;  // empty for ours
  int stdin_fd;
  int stdout_fd;
  int stderr_fd;
};

// Starts a program as subprocess.h describes; the caller has to reap it. Returns once the program
// runs, or has failed to.
policy::Result<pid_t> Spawn(const SpawnRequest& request);

}  // namespace platform
