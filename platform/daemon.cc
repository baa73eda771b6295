#include "platform/daemon.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <system_error>

#include "platform/log.h"

namespace platform {

namespace {

// Each connection takes a file, and the usual soft limit, 1024, is for programs that use select().
void AllowManyFiles() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace

DaemonSignals::DaemonSignals() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

int DaemonSignals::WaitForEnd() const {
  int signal = SIGHUP;
  while (true) {
    sigwait(&signals_, &signal);
    if (signal != SIGHUP) return signal;
    Warn("SIGHUP reloads nothing here: restart to take another configuration");
  }
}

std::optional<int> DaemonSignals::WaitFor(std::chrono::seconds time) const {
  const timespec timeout{time.count(), 0};
  const int signal = sigtimedwait(&signals_, nullptr, &timeout);
  return signal > 0 ? std::optional<int>(signal) : std::nullopt;
}

policy::Result<void> MakePrivateFolder(const std::filesystem::path& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::create_directories(path, error);
  if (!error) fs::permissions(path, fs::perms::owner_all, error);
  if (!error) return {};
  return policy::Fail(policy::ErrorCode::unavailable,
                      "cannot make the folder " + path.string() + ": " + error.message());
}

int RunDaemon(
    int argc, char** argv, const std::string& name, const std::string& purpose,
    const std::function<policy::Result<void>(const DaemonOptions&, const DaemonSignals&)>& run) {
  const DaemonSignals signals;
  static_cast<void>(signal(SIGPIPE, SIG_IGN));
  umask(S_IWGRP | S_IRWXO);
  AllowManyFiles();
  DaemonOptions options;
  bool log_json = false;
  bool verbose = false;
  CLI::App app(purpose);
  app.add_option("--config", options.config, "settings, YAML")->required();
  app.add_flag("--check-config", options.check_config, "read the settings, say what is wrong, end");
  app.add_flag("--log-json", log_json, "log as JSON, one object a line");
  app.add_flag("--verbose", verbose, "log details, too");
  CLI11_PARSE(app, argc, argv);

  InitLog(verbose ? LogLevel::debug : LogLevel::info, log_json);
  const auto done = run(options, signals);
  if (done) return 0;
  static_cast<void>(std::fprintf(stderr, "%s: %s\n", name.c_str(), done.error().detail.c_str()));
  return 1;
}

}  // namespace platform
