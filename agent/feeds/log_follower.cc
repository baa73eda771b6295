#include "agent/feeds/log_follower.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "platform/file_descriptor.h"
#include "policy/digest.h"

namespace agent::feeds {
namespace {

namespace fs = std::filesystem;
using platform::FileDescriptor;
using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::uint64_t kHeadSize = 4096;
constexpr std::size_t kRotatedMax = 1000;

struct LogFile {
  FileDescriptor fd;
  std::uint64_t inode;
  std::uint64_t size;
  std::pair<std::int64_t, std::int64_t> changed;  // seconds, nanoseconds
};

Result<LogFile> Open(const fs::path& path) {
  // O_NONBLOCK: a FIFO would have us wait for its writer.
  FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) {
    const bool is_absent = errno == ENOENT;
    const std::string why = std::generic_category().message(errno);
    return Fail(is_absent ? ErrorCode::not_found : ErrorCode::not_allowed,
                "cannot open " + path.string() + ": " + why);
  }
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return Fail(ErrorCode::not_allowed, path.string() + " is no regular file");
  }
  return LogFile{std::move(fd),
                 status.st_ino,
                 static_cast<std::uint64_t>(status.st_size),
                 {status.st_mtim.tv_sec, status.st_mtim.tv_nsec}};
}

// Fewer bytes if the file ends.
Result<std::string> ReadAt(const LogFile& file, std::uint64_t offset, std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t count = 0;
  while (count < size) {
    const ssize_t got = ::pread(file.fd.get(), bytes.data() + count, size - count,
                                static_cast<off_t>(offset + count));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return Fail(ErrorCode::unavailable,
                  "cannot read the log: " + std::generic_category().message(errno));
    }
    if (got == 0) break;
    count += static_cast<std::size_t>(got);
  }
  bytes.resize(count);
  return bytes;
}

Result<std::string> HeadOf(const LogFile& file, std::uint64_t size) {
  const auto head = ReadAt(file, 0, size);
  if (!head) return tl::unexpected(head.error());
  return policy::ToHex(policy::Sha256Of(*head));
}

bool BeginsAs(const LogFile& file, const LogPosition& position) {
  if (file.size < position.offset) return false;
  if (position.head_size == 0) return file.inode == position.inode;
  const auto head = HeadOf(file, position.head_size);
  return head && *head == position.head_sha256;
}

// What logrotate and its like add: ".1", "-20261124", ".2026-11-24". Not ".gz", not ".bak".
bool IsRotationOf(const std::string& name, const std::string& log) {
  if (name.size() <= log.size() || !name.starts_with(log)) return false;
  const std::string_view suffix = std::string_view(name).substr(log.size());
  return (suffix.front() == '.' || suffix.front() == '-') &&
         suffix.find_first_not_of("0123456789-._:T") == std::string_view::npos;
}

// In the order in which they were last written.
std::vector<LogFile> RotatedOf(const fs::path& path) {
  std::vector<LogFile> files;
  std::error_code error;
  const std::string log = path.filename().string();
  for (fs::directory_iterator it(path.parent_path(), error), end; !error && it != end;
       it.increment(error)) {
    if (!IsRotationOf(it->path().filename().string(), log)) continue;
    if (auto file = Open(it->path()); file && files.size() < kRotatedMax) {
      files.push_back(*std::move(file));
    }
  }
  std::sort(files.begin(), files.end(),
            [](const LogFile& a, const LogFile& b) { return a.changed < b.changed; });
  return files;
}

// The file among `files` where reading has stopped, by its inode if that can be.
std::optional<std::size_t> FindStopped(const std::vector<LogFile>& files,
                                       const LogPosition& position) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!BeginsAs(files[i], position)) continue;
    if (files[i].inode == position.inode) return i;
    found = i;
  }
  return found;
}

// The files to read, in order; reading goes on in the first one at the position, if `goes_on`.
struct Itinerary {
  std::vector<LogFile> files;
  bool goes_on = false;
  bool has_lost = false;
};

Itinerary Plan(const fs::path& path, const LogPosition& from, LogFile current) {
  Itinerary plan;
  const bool is_known = from.inode != 0;
  const bool is_same = is_known && BeginsAs(current, from);
  if (is_known && !(is_same && current.inode == from.inode)) {
    std::vector<LogFile> rotated = RotatedOf(path);
    if (const auto stopped = FindStopped(rotated, from)) {
      plan.goes_on = true;
      plan.files.assign(
          std::make_move_iterator(rotated.begin() + static_cast<std::ptrdiff_t>(*stopped)),
          std::make_move_iterator(rotated.end()));
    } else {
      // Moved here from another disk, or gone.
      plan.goes_on = is_same;
      plan.has_lost = !is_same;
    }
  } else {
    plan.goes_on = is_same;
  }
  // Until the new file has something in it, the old one may still be written to.
  if (plan.files.empty() || current.size > 0) plan.files.push_back(std::move(current));
  return plan;
}

class Reading {
 public:
  Reading(LogPosition position, std::size_t bytes_max, const LogReader& reader)
      : position_(std::move(position)), left_(bytes_max), reader_(reader) {}

  // False if there is more to read, another time.
  Result<bool> Read(const LogFile& file, bool goes_on, bool is_final) {
    if (!goes_on) {
      position_ = {file.inode, 0, 0, ""};
      reader_.begin_file();
    }
    position_.inode = file.inode;
    const std::uint64_t rest = file.size - std::min(file.size, position_.offset);
    const bool is_all = rest <= left_;
    const auto bytes = ReadAt(file, position_.offset,
                              static_cast<std::size_t>(std::min<std::uint64_t>(rest, left_)));
    if (!bytes) return tl::unexpected(bytes.error());
    position_.offset += reader_.take(*bytes, is_all && is_final);
    left_ -= bytes->size();
    if (auto noted = NoteHead(file); !noted) return tl::unexpected(noted.error());
    return is_all;
  }

  LogPosition position() && { return std::move(position_); }

 private:
  Result<void> NoteHead(const LogFile& file) {
    const std::uint64_t size = std::min(position_.offset, kHeadSize);
    if (size == position_.head_size) return {};
    auto head = HeadOf(file, size);
    if (!head) return tl::unexpected(head.error());
    position_.head_size = size;
    position_.head_sha256 = *std::move(head);
    return {};
  }

  LogPosition position_;
  std::size_t left_;
  const LogReader& reader_;
};

}  // namespace

Result<LogPosition> FollowLog(const fs::path& path, const LogPosition& from, std::size_t bytes_max,
                              const LogReader& reader) {
  auto current = Open(path);
  if (!current) return tl::unexpected(current.error());
  const std::uint64_t current_inode = current->inode;
  const Itinerary plan = Plan(path, from, *std::move(current));
  if (plan.has_lost) reader.lost();
  Reading reading(from, bytes_max, reader);
  for (std::size_t i = 0; i < plan.files.size(); ++i) {
    const bool is_final = plan.files[i].inode != current_inode && i + 1 < plan.files.size();
    const auto is_all = reading.Read(plan.files[i], i == 0 && plan.goes_on, is_final);
    if (!is_all) return tl::unexpected(is_all.error());
    if (!*is_all) break;
  }
  return std::move(reading).position();
}

}  // namespace agent::feeds
