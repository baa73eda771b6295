#include "exporters/network_namespace.h"

#include <fcntl.h>
#include <sched.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "platform/file_descriptor.h"

namespace exporters {

using policy::ErrorCode;
using policy::Fail;

policy::Result<void> InNamespace(const std::string& name, const std::function<void()>& work) {
  if (name.empty()) {
    work();
    return {};
  }
  const std::string path = "/run/netns/" + name;
  const platform::FileDescriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) {
    return Fail(ErrorCode::not_found, "there is no network namespace " + name + " (" + path + ": " +
                                          std::strerror(errno) + ")");
  }
  int error = 0;
  std::thread([&] {
    if (setns(fd.get(), CLONE_NEWNET) == 0) {
      work();
    } else {
      error = errno;
    }
  }).join();
  if (error == 0) return {};
  return Fail(ErrorCode::not_allowed, "cannot enter the network namespace " + name + ": " +
                                          std::strerror(error) + "; it takes CAP_SYS_ADMIN");
}

}  // namespace exporters
