#include "tests/e2e/process.h"

#include <signal.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <ostream>
#include <stdexcept>

namespace e2e {
namespace {

constexpr std::chrono::seconds patience{60};

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

std::ostream& operator<<(std::ostream& stream, const CommandOutput& output) {
  return stream << "exit " << output.exit << "\n"
                << output.out.substr(0, 4000) << output.err.substr(0, 4000);
}

int RunningCommand::Wait() {
  const auto code = process_.Wait(patience);
  if (!code) throw std::runtime_error("a command does not end: " + Said());
  return *code;
}

std::string RunningCommand::Said() const {
  return ReadAll(output_);
}

void Daemon::Start() {
  platform::ChildOptions options;
  options.output_file = log_;
  auto process = platform::ChildProcess::Start(argv_, options);
  if (!process) throw std::runtime_error(process.error().detail);
  process_.emplace(std::move(*process));
}

int Daemon::Stop() {
  if (!process_) return -1;
  const int code = process_->Terminate(patience);
  process_.reset();
  return code;
}

void Daemon::Hangup() {
  if (process_) ::kill(process_->pid(), SIGHUP);
}

void Daemon::Kill() {
  if (!process_) return;
  ::kill(process_->pid(), SIGKILL);
  process_->Wait(patience);
  process_.reset();
}

std::optional<int> Daemon::AwaitEnd() {
  return process_ ? process_->Wait(patience) : std::nullopt;
}

std::string Daemon::Log() const {
  return ReadAll(log_);
}

}  // namespace e2e
