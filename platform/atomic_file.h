#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "policy/result.h"

namespace platform {

// Reads a whole regular file (never a FIFO or a device, which could block for ever). Fails with
// `not_found` if it isn't there, `exhausted` if it holds more than `size_max` bytes, `not_allowed`
// if it can't be opened or isn't a regular file, `unavailable` if reading fails.
policy::Result<std::string> ReadFile(const std::filesystem::path& path, std::size_t size_max);

// Replaces `path` by `bytes` so that, power loss included, a reader sees all of the old file or all
// of the new: temporary file in the same folder, fsync, rename, fsync of the folder. A symbolic
// link at `path` is replaced, not followed. `mode` is exact; the umask has no say.
//
// On any error but `outcome_unknown` the old file is intact and no temporary file is left. After
// `outcome_unknown` the new file is in place but may not survive a power loss. `exhausted` is a
// full disk or quota.
policy::Result<void> WriteFileAtomically(const std::filesystem::path& path, std::string_view bytes,
                                         mode_t mode = 0644);

}  // namespace platform
