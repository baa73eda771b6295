#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "platform/subprocess.h"

namespace e2e {

struct CommandOutput {
  int exit = -1;
  std::string out;
  std::string err;

  nlohmann::json Json() const { return nlohmann::json::parse(out); }  // throws if it is none
};

// For messages of failed assertions.
std::ostream& operator<<(std::ostream& stream, const CommandOutput& output);

// A command under way, so that something can happen meanwhile.
class RunningCommand {
 public:
  RunningCommand(platform::ChildProcess process, std::filesystem::path output)
      : process_(std::move(process)), output_(std::move(output)) {}
  bool Running() { return process_.Running(); }
  int Wait();                // its exit code; throws if it takes more than a minute
  std::string Said() const;  // on both its outputs so far

 private:
  platform::ChildProcess process_;
  std::filesystem::path output_;
};

// One of our daemons: started, ended and killed again and again. Ends with the object.
class Daemon {
 public:
  Daemon(std::vector<std::string> argv, std::filesystem::path log)
      : argv_(std::move(argv)), log_(std::move(log)) {}

  void Start();  // throws if it can't be run at all
  // As an administrator does; the exit code.
  int Stop();
  void Hangup();  // SIGHUP, by which it reads its configuration anew
  // As the kernel does when memory is short (SIGKILL); returns once it is gone.
  void Kill();
  bool Running() { return process_ && process_->Running(); }
  // The exit code of one that ends by itself; nothing if it still runs after a minute.
  std::optional<int> AwaitEnd();
  std::string Log() const;  // of all its runs

 private:
  std::vector<std::string> argv_;
  std::filesystem::path log_;
  std::optional<platform::ChildProcess> process_;
};

}  // namespace e2e
