#include "agent/store/sqlite_lock.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/vfs.h>

#include <cerrno>
#include <system_error>

namespace agent::store {
namespace {

constexpr std::uint32_t kCifsMagic = 0xff534d42;  // not in linux/magic.h
constexpr std::uint32_t kSmb2Magic = 0xfe534d42;

bool IsNetworkFile(int fd) {
  struct statfs info {};
  if (::fstatfs(fd, &info) != 0) return false;
  const auto type = static_cast<std::uint32_t>(info.f_type);
  return type == NFS_SUPER_MAGIC || type == kCifsMagic || type == kSmb2Magic ||
         type == SMB_SUPER_MAGIC || type == CODA_SUPER_MAGIC || type == AFS_SUPER_MAGIC;
}

std::string Reason(int error) {
  return std::system_category().message(error);
}

}  // namespace

policy::Result<platform::FileDescriptor> LockFile(const std::filesystem::path& file) {
  const std::string path = file.string() + ".lock";
  platform::FileDescriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.valid()) {
    return policy::Fail(policy::ErrorCode::unavailable,
                        "cannot open " + path + ": " + Reason(errno) +
                            "; check that its folder exists and may be written");
  }
  if (IsNetworkFile(lock.get())) {
    return policy::Fail(policy::ErrorCode::not_allowed,
                        path +
                            " is on a network file system, where SQLite's WAL is not safe: put "
                            "the store on a local disk");
  }
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return errno == EWOULDBLOCK ? policy::Fail(policy::ErrorCode::conflict,
                                               "another process uses the store " + file.string() +
                                                   " and holds " + path + ": stop that agent first")
                                : policy::Fail(policy::ErrorCode::unavailable,
                                               "cannot lock " + path + ": " + Reason(errno));
  }
  return lock;
}

}  // namespace agent::store
