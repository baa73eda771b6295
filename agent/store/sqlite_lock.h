#pragma once

#include <filesystem>

#include "platform/file_descriptor.h"
#include "policy/result.h"

namespace agent::store {

// Takes the lock `<file>.lock` for as long as the descriptor is open. `conflict` if another process
// holds it; `not_allowed` on a network file system, where neither locks nor WAL can be trusted.
policy::Result<platform::FileDescriptor> LockFile(const std::filesystem::path& file);

}  // namespace agent::store
