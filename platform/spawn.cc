#include "platform/spawn.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include "platform/file_descriptor.h"

namespace platform {
namespace {

using policy::ErrorCode;
using policy::Result;

constexpr std::string_view kPathFallback =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::string OurPath() {
  const char* path = std::getenv("PATH");
  return path == nullptr || *path == '\0' ? std::string(kPathFallback) : path;
}

// Empty if there is no such program.
std::string FindProgram(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  std::string path = OurPath();
  for (std::size_t from = 0; from <= path.size();) {
    const std::size_t end = std::min(path.find(':', from), path.size());
    const std::string candidate = path.substr(from, end - from) + "/" + name;
    // An empty entry of PATH means the current folder: never.
    if (end > from && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    from = end + 1;
  }
  return {};
}

std::vector<std::string> MakeEnvironment(const SpawnRequest& request) {
  std::map<std::string, std::string> all;
  if (request.inherit_env) {
    for (char** entry = environ; *entry != nullptr; ++entry) {
      const std::string_view text(*entry);
      const std::size_t equals = text.find('=');
      if (equals == std::string_view::npos) continue;
      all.insert_or_assign(std::string(text.substr(0, equals)),
                           std::string(text.substr(equals + 1)));
    }
  } else {
    const char* home = std::getenv("HOME");
    all = {{"PATH", OurPath()}, {"HOME", home == nullptr ? "/" : home}, {"LANG", "C.UTF-8"}};
  }
  for (const auto& [name, value] : request.env) all.insert_or_assign(name, value);
  std::vector<std::string> entries;
  for (const auto& [name, value] : all) entries.push_back(fmt::format("{}={}", name, value));
  return entries;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// All that the child needs, made before the fork: after it, in a process with threads, it may
// neither allocate nor take a lock (signal-safety(7)).
struct ChildPlan {
  const char* program;
  char* const* argv;
  char* const* env;
  const char* cwd;  // null for ours
  std::array<int, 3> standard_fds;
  int failure_fd;
  pid_t parent;
};

[[noreturn]] void ReportFailure(const ChildPlan& plan) {
  const int error = errno;
  const ssize_t ignored = ::write(plan.failure_fd, &error, sizeof error);
  (void)ignored;
  ::_exit(127);
}

void ResetSignals() {
  for (int signal = 1; signal < NSIG; ++signal) {
    if (signal != SIGKILL && signal != SIGSTOP) ::signal(signal, SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void BecomeProgram(const ChildPlan& plan) {
  ResetSignals();
  if (::setpgid(0, 0) != 0 || ::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) ReportFailure(plan);
  if (::getppid() != plan.parent) ::_exit(127);  // it died before the line above
  // Copies first, out of the way of 0 to 2, since a source may be one of them.
  std::array<int, 3> copies{};
  for (std::size_t i = 0; i < 3; ++i) {
    copies[i] = ::fcntl(plan.standard_fds[i], F_DUPFD_CLOEXEC, 3);
    if (copies[i] < 0) ReportFailure(plan);
  }
  for (std::size_t i = 0; i < 3; ++i) {
    if (::dup2(copies[i], static_cast<int>(i)) < 0) ReportFailure(plan);
  }
  if (::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0) ReportFailure(plan);
  if (plan.cwd != nullptr && ::chdir(plan.cwd) != 0) ReportFailure(plan);
  ::execve(plan.program, plan.argv, plan.env);
  ReportFailure(plan);
}

// The child's errno, or 0 once it has become its program, which closes the pipe.
int AwaitExec(int failure_fd) {
  int error = 0;
  ssize_t count = 0;
  do {
    count = ::read(failure_fd, &error, sizeof error);
  } while (count < 0 && errno == EINTR);
  return count == sizeof error ? error : 0;
}

tl::unexpected<policy::Error> FailStart(const std::string& program, int error) {
  const ErrorCode code = error == ENOENT || error == ENOTDIR ? ErrorCode::not_found
                         : error == EACCES || error == EPERM ? ErrorCode::not_allowed
                                                             : ErrorCode::exhausted;
  return policy::Fail(
      code, fmt::format("cannot start {}: {}", program, std::generic_category().message(error)));
}

}  // namespace

// fork rather than posix_spawn, which cannot set the parent-death signal.
Result<pid_t> Spawn(const SpawnRequest& request) {
  if (request.argv.empty()) return policy::Fail(ErrorCode::malformed_input, "no program to start");
  const std::string program = FindProgram(request.argv.front());
  if (program.empty()) return FailStart(request.argv.front(), ENOENT);
  std::vector<std::string> arguments = request.argv;
  std::vector<std::string> environment = MakeEnvironment(request);
  const std::vector<char*> argv = Pointers(arguments);
  const std::vector<char*> env = Pointers(environment);
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) return FailStart(program, errno);
  FileDescriptor failure_read(fds[0]);
  // Above 2, or the child would overwrite it with its own standard streams.
  FileDescriptor failure_low(fds[1]);
  FileDescriptor failure_write(::fcntl(failure_low.get(), F_DUPFD_CLOEXEC, 3));
  failure_low.Close();
  const ChildPlan plan{.program = program.c_str(),
                       .argv = argv.data(),
                       .env = env.data(),
                       .cwd = request.cwd.empty() ? nullptr : request.cwd.c_str(),
                       .standard_fds = {request.stdin_fd, request.stdout_fd, request.stderr_fd},
                       .failure_fd = failure_write.get(),
                       .parent = ::getpid()};
  const pid_t pid = ::fork();
  if (pid < 0) return FailStart(program, errno);
  if (pid == 0) BecomeProgram(plan);
  failure_write.Close();
  if (const int error = AwaitExec(failure_read.get()); error != 0) {
    ::waitpid(pid, nullptr, 0);
    return FailStart(program, error);
  }
  return pid;
}

}  // namespace platform
