#include "platform/atomic_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "platform/file_descriptor.h"

namespace platform {
namespace {

using policy::ErrorCode;
using policy::Result;

std::string Reason(int error) {
  return std::generic_category().message(error);
}

ErrorCode CodeOf(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR: return ErrorCode::not_found;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE: return ErrorCode::exhausted;
    case EACCES:
    case EPERM:
    case EROFS:
    case EISDIR:
    case ELOOP: return ErrorCode::not_allowed;
    default: return ErrorCode::unavailable;
  }
}

tl::unexpected<policy::Error> FailFile(std::string_view what, const std::filesystem::path& path,
                                       int error) {
  const std::string_view advice =
      error == ENOSPC || error == EDQUOT ? "; free some space, the old file is unchanged" : "";
  return policy::Fail(
      CodeOf(error), fmt::format("cannot {} {}: {}{}", what, path.string(), Reason(error), advice));
}

// Removes the temporary file unless it was renamed into place.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& target)
      : path_((target.parent_path() / ("." + target.filename().string() + ".XXXXXX")).string()),
        fd_(::mkostemp(path_.data(), O_CLOEXEC)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (created_ && !renamed_) ::unlink(path_.c_str());
  }

  FileDescriptor& fd() { return fd_; }
  bool RenameTo(const std::filesystem::path& target) {
    renamed_ = ::rename(path_.c_str(), target.c_str()) == 0;
    return renamed_;
  }

 private:
  std::string path_;
  FileDescriptor fd_;
  bool created_ = fd_.valid();
  bool renamed_ = false;
};

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool SyncFolder(const std::filesystem::path& folder) {
  FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd.valid() && ::fsync(fd.get()) == 0;
}

}  // namespace

Result<std::string> ReadFile(const std::filesystem::path& path, std::size_t size_max) {
  // O_NONBLOCK, since opening a FIFO without a writer would hang.
  FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid()) return FailFile("open", path, errno);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return FailFile("examine", path, errno);
  if (!S_ISREG(info.st_mode)) {
    return policy::Fail(ErrorCode::not_allowed,
                        fmt::format("cannot read {}: it is not a regular file", path.string()));
  }
  std::string bytes;
  bytes.reserve(std::min(static_cast<std::size_t>(info.st_size), size_max));
  std::array<char, 65536> buffer;
  // The size is judged by what is read, not by what fstat said: the file may grow meanwhile.
  while (true) {
    const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FailFile("read", path, errno);
    if (count == 0) return bytes;
    bytes.append(buffer.data(), static_cast<std::size_t>(count));
    if (bytes.size() > size_max) {
      return policy::Fail(
          ErrorCode::exhausted,
          fmt::format("{} holds more than the {} bytes allowed", path.string(), size_max));
    }
  }
}

Result<void> WriteFileAtomically(const std::filesystem::path& path, std::string_view bytes,
                                 mode_t mode) {
  if (path.filename().empty()) {
    return policy::Fail(ErrorCode::malformed_input,
                        fmt::format("cannot write {}: it names no file", path.string()));
  }
  TemporaryFile temporary(path);
  if (!temporary.fd().valid()) return FailFile("create a file beside", path, errno);
  const int fd = temporary.fd().get();
  if (::fchmod(fd, mode) != 0 || !WriteAll(fd, bytes) || ::fsync(fd) != 0 ||
      !temporary.fd().Close() || !temporary.RenameTo(path)) {
    return FailFile("write", path, errno);
  }
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  if (!SyncFolder(folder)) {
    return policy::Fail(
        ErrorCode::outcome_unknown,
        fmt::format("wrote {}, but cannot sync its folder: {}", path.string(), Reason(errno)));
  }
  return {};
}

}  // namespace platform
