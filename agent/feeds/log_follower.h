#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "policy/result.h"

namespace agent::feeds {

// How far a growing log file was read. A file is the one it was if its inode and its first bytes
// are; inodes alone are used again soon.
struct LogPosition {
  std::uint64_t inode = 0;
  std::uint64_t offset = 0;
  std::uint64_t head_size = 0;  // at most `offset`
  std::string head_sha256;      // of so many first bytes
};

struct LogReader {
  // Before the first byte of another file.
  std::function<void()> begin_file;
  // Returns how many of the bytes it is done with; the rest is given again, with what follows.
  // `is_final`: the file will not grow any more.
  std::function<std::size_t(std::string_view bytes, bool is_final)> take;
  // What was not read of a file is out of reach: removed, or compressed too early.
  std::function<void()> lost;
};

// Reads on in a log from `from` (a new one: from the start) to its end, but not more than
// `bytes_max`; returns where it is then. Follows both ways of rotation, if the rotated files stay
// uncompressed beside it until they are read ("eve.json.1", "eve.json-20261124"; logrotate:
// delaycompress):
//
//   rename, create   the renamed file is read to its end as soon as the new one has something in it
//   copytruncate     the copy has the same first bytes, and is read from the same offset
//
// The caller keeps the position together with what it has read, so that a crash loses or doubles
// nothing. `not_found` if there is no such file, also for the moment between rename and create;
// `not_allowed` if it can't be read or is no regular file.
policy::Result<LogPosition> FollowLog(const std::filesystem::path& path, const LogPosition& from,
                                      std::size_t bytes_max, const LogReader& reader);

}  // namespace agent::feeds
