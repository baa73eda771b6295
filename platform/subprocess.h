#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "policy/result.h"

namespace platform {

// Runs programs without a shell. argv[0] is a path, or a name looked up in our PATH. Each child
// gets its own process group, no file descriptor but 0, 1 and 2, and dies with the thread that
// started it, so that nothing of ours outlives us.

struct RunOptions {
  std::chrono::milliseconds timeout{30'000};
  std::string input;                     // for its standard input
  std::size_t output_max = 1024 * 1024;  // bytes, for stdout and stderr each
  // Added to a minimal environment (PATH, HOME, LANG=C.UTF-8), since ours may hold secrets.
  std::map<std::string, std::string> env;
  bool inherit_env = false;
  std::filesystem::path cwd;  // empty for ours
};

struct ProcessOutput {
  int exit_code = 0;  // 128 + n if signal n ended it, as a shell would say
  std::string out;
  std::string err;
};

// Runs to the end; a failing exit code is a value. At the deadline (`exhausted`) or when it says
// too much (`exhausted`) its whole process group is killed. When it ends, what it left running in
// its group is killed too. `not_found` if there is no such program.
policy::Result<ProcessOutput> Run(const std::vector<std::string>& argv, const RunOptions& options);

struct ChildOptions {
  std::map<std::string, std::string> env;
  bool inherit_env = false;
  std::filesystem::path cwd;
  std::filesystem::path output_file;  // appended with stdout and stderr; empty for /dev/null
};

// A program that runs beside us, for tests and supervisors. Not thread-safe.
class ChildProcess {
 public:
  static policy::Result<ChildProcess> Start(const std::vector<std::string>& argv,
                                            const ChildOptions& options);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess();  // kills the group at once

  pid_t pid() const { return pid_; }
  bool Running();

  // The exit code as in ProcessOutput, or nothing if it still runs after `timeout`.
  std::optional<int> Wait(std::chrono::milliseconds timeout);
  // SIGTERM, then after `grace` SIGKILL, to the whole group. Gives the exit code.
  int Terminate(std::chrono::milliseconds grace);

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}
  void KillGroup();

  pid_t pid_ = -1;
  std::optional<int> exit_code_;
};

}  // namespace platform
