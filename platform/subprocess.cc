#include "platform/subprocess.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
// glibc 2.36 left the C linkage out of this header.
extern "C" {
#include <sys/pidfd.h>
}

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <system_error>
#include <utility>

#include "platform/file_descriptor.h"
#include "platform/spawn.h"

namespace platform {
namespace {

using policy::ErrorCode;
using policy::Result;
using SteadyClock = std::chrono::steady_clock;

struct Pipe {
  FileDescriptor read_end;
  FileDescriptor write_end;
};

Result<Pipe> MakePipe() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) {
    return policy::Fail(ErrorCode::exhausted, fmt::format("cannot make a pipe: {}",
                                                          std::generic_category().message(errno)));
  }
  return Pipe{FileDescriptor(fds[0]), FileDescriptor(fds[1])};
}

void DoNotBlock(const FileDescriptor& fd) {
  ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

int ToExitCode(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int Reap(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return ToExitCode(status);
}

// Whether the process has ended, waiting for that up to `timeout`. Leaves it to be reaped.
bool HasEnded(pid_t pid, std::chrono::milliseconds timeout) {
  const FileDescriptor fd(::pidfd_open(pid, 0));
  if (!fd.valid()) return false;
  const auto deadline = SteadyClock::now() + timeout;
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now());
    pollfd wanted{fd.get(), POLLIN, 0};
    const int ready =
        ::poll(&wanted, 1, static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1 << 30)));
    if (ready > 0) return true;
    if (ready == 0 && left.count() <= 0) return false;
  }
}

// Blocks SIGPIPE for this thread, for a child that ends without reading its input.
class SigpipeBlock {
 public:
  SigpipeBlock() {
    sigemptyset(&sigpipe_);
    sigaddset(&sigpipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
  }
  SigpipeBlock(const SigpipeBlock&) = delete;
  SigpipeBlock& operator=(const SigpipeBlock&) = delete;
  ~SigpipeBlock() {
    const timespec now{};
    if (sigismember(&before_, SIGPIPE) == 0) sigtimedwait(&sigpipe_, nullptr, &now);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t sigpipe_{};
  sigset_t before_{};
};

// Talks to a running child until it ends.
class Conversation {
 public:
  Conversation(pid_t pid, const RunOptions& options, FileDescriptor in, FileDescriptor out,
               FileDescriptor err)
      : options_(options),
        input_(options.input),
        in_(std::move(in)),
        out_(std::move(out)),
        err_(std::move(err)),
        ended_(::pidfd_open(pid, 0)),
        deadline_(SteadyClock::now() + options.timeout) {
    for (const FileDescriptor* fd : {&in_, &out_, &err_}) DoNotBlock(*fd);
    if (input_.empty()) in_.Close();
  }

  Result<void> RunToEnd();
  // What is in the pipes once all writers are gone.
  Result<void> Drain();
  ProcessOutput TakeOutput() { return std::move(output_); }

 private:
  void WriteSome();
  Result<void> ReadSome(FileDescriptor& fd, std::string& text);

  const RunOptions& options_;
  std::string_view input_;
  FileDescriptor in_;
  FileDescriptor out_;
  FileDescriptor err_;
  FileDescriptor ended_;
  SteadyClock::time_point deadline_;
  ProcessOutput output_;
};

void Conversation::WriteSome() {
  const ssize_t count = ::write(in_.get(), input_.data(), input_.size());
  if (count > 0) input_.remove_prefix(static_cast<std::size_t>(count));
  const bool lost = count < 0 && errno != EAGAIN && errno != EINTR;
  if (lost || input_.empty()) in_.Close();
}

Result<void> Conversation::ReadSome(FileDescriptor& fd, std::string& text) {
  std::array<char, 65536> buffer;
  while (fd.valid()) {
    const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return {};
    if (count <= 0) {
      fd.Close();
      return {};
    }
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > options_.output_max) {
      return policy::Fail(
          ErrorCode::exhausted,
          fmt::format("wrote more than {} bytes, and was killed", options_.output_max));
    }
  }
  return {};
}

Result<void> Conversation::Drain() {
  if (auto done = ReadSome(out_, output_.out); !done) return done;
  return ReadSome(err_, output_.err);
}

Result<void> Conversation::RunToEnd() {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - SteadyClock::now());
    if (left.count() <= 0) {
      return policy::Fail(
          ErrorCode::exhausted,
          fmt::format("was still running after {} ms, and was killed", options_.timeout.count()));
    }
    // poll passes over negative descriptors, those closed already.
    std::array<pollfd, 4> wanted = {pollfd{in_.get(), POLLOUT, 0}, pollfd{out_.get(), POLLIN, 0},
                                    pollfd{err_.get(), POLLIN, 0}, pollfd{ended_.get(), POLLIN, 0}};
    const auto wait = static_cast<int>(std::min<std::int64_t>(left.count(), 1 << 30));
    if (::poll(wanted.data(), wanted.size(), wait) <= 0) continue;
    if (wanted[0].revents != 0) WriteSome();
    if (wanted[1].revents != 0) {
      if (auto done = ReadSome(out_, output_.out); !done) return done;
    }
    if (wanted[2].revents != 0) {
      if (auto done = ReadSome(err_, output_.err); !done) return done;
    }
    if (wanted[3].revents != 0) return {};
  }
}

tl::unexpected<policy::Error> About(const std::string& program, policy::Error error) {
  error.detail = fmt::format("{}: {}", program, error.detail);
  return tl::unexpected(std::move(error));
}

}  // namespace

Result<ProcessOutput> Run(const std::vector<std::string>& argv, const RunOptions& options) {
  const SigpipeBlock sigpipe_block;
  auto in = MakePipe();
  if (!in) return tl::unexpected(in.error());
  auto out = MakePipe();
  if (!out) return tl::unexpected(out.error());
  auto err = MakePipe();
  if (!err) return tl::unexpected(err.error());
  const auto pid = Spawn({.argv = argv,
                          .env = options.env,
                          .inherit_env = options.inherit_env,
                          .cwd = options.cwd,
                          .stdin_fd = in->read_end.get(),
                          .stdout_fd = out->write_end.get(),
                          .stderr_fd = err->write_end.get()});
  if (!pid) return tl::unexpected(pid.error());
  in->read_end.Close();
  out->write_end.Close();
  err->write_end.Close();

  Conversation conversation(*pid, options, std::move(in->write_end), std::move(out->read_end),
                            std::move(err->read_end));
  const auto ended = conversation.RunToEnd();
  // Before reaping, while the number of the group is surely still its own.
  ::kill(-*pid, SIGKILL);
  const int exit_code = Reap(*pid);
  if (!ended) return About(argv.front(), ended.error());
  if (auto drained = conversation.Drain(); !drained) return About(argv.front(), drained.error());
  ProcessOutput output = conversation.TakeOutput();
  output.exit_code = exit_code;
  return output;
}

Result<ChildProcess> ChildProcess::Start(const std::vector<std::string>& argv,
                                         const ChildOptions& options) {
  const FileDescriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  const std::string target =
      options.output_file.empty() ? "/dev/null" : options.output_file.string();
  const FileDescriptor output(
      ::open(target.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!null.valid() || !output.valid()) {
    return policy::Fail(ErrorCode::not_allowed,
                        fmt::format("cannot open {} for the output of a program: {}", target,
                                    std::generic_category().message(errno)));
  }
  const auto pid = Spawn({.argv = argv,
                          .env = options.env,
                          .inherit_env = options.inherit_env,
                          .cwd = options.cwd,
                          .stdin_fd = null.get(),
                          .stdout_fd = output.get(),
                          .stderr_fd = output.get()});
  if (!pid) return tl::unexpected(pid.error());
  return ChildProcess(*pid);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), exit_code_(other.exit_code_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(exit_code_, other.exit_code_);
  return *this;
}

ChildProcess::~ChildProcess() {
  KillGroup();
}

void ChildProcess::KillGroup() {
  if (pid_ <= 0 || exit_code_) return;
  ::kill(-pid_, SIGKILL);
  exit_code_ = Reap(pid_);
}

bool ChildProcess::Running() {
  return !Wait(std::chrono::milliseconds(0));
}

std::optional<int> ChildProcess::Wait(std::chrono::milliseconds timeout) {
  if (pid_ > 0 && !exit_code_ && HasEnded(pid_, timeout)) KillGroup();
  return exit_code_;
}

int ChildProcess::Terminate(std::chrono::milliseconds grace) {
  if (pid_ > 0 && !exit_code_) {
    ::kill(-pid_, SIGTERM);
    HasEnded(pid_, grace);
    KillGroup();
  }
  return exit_code_.value_or(-1);
}

}  // namespace platform
