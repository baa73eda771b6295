#include "exporters/squid/generations.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "exporters/difference.h"
#include "platform/atomic_file.h"
#include "platform/file_descriptor.h"
#include "policy/digest.h"

namespace exporters::squid {
namespace {

namespace fs = std::filesystem;
using policy::ErrorCode;
using policy::Fail;

constexpr std::size_t kFileMax = std::size_t{4} << 30;
constexpr std::size_t kNameSize = 40;

bool IsGenerationName(const std::string& name) {
  return name.size() == kNameSize &&
         name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

policy::Result<void> SyncFolder(const fs::path& folder) {
  const platform::FileDescriptor fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid() || fsync(fd.get()) != 0) {
    return Fail(ErrorCode::outcome_unknown,
                "cannot make " + folder.string() + " durable: " + std::strerror(errno));
  }
  return {};
}

// Squid runs as a user of its own and has to read what we write.
policy::Result<void> MakeFolder(const fs::path& folder) {
  // Squid's user reads it, whatever umask the exporter was started with.
  if (mkdir(folder.c_str(), 0755) == 0 && chmod(folder.c_str(), 0755) == 0) {
    return SyncFolder(folder.parent_path());
  }
  if (errno == EEXIST && fs::is_directory(folder)) return {};
  return Fail(ErrorCode::unavailable, "cannot make the folder " + folder.string() + ": " +
                                          std::strerror(errno) +
                                          "; make its parent, writable for this exporter");
}

}  // namespace

std::string Generations::NameOf(const Artifact& artifact) {
  policy::Sha256Stream stream;
  for (const ArtifactFile& file : artifact.files) {
    stream.Add(file.name);
    stream.Add("\n" + std::to_string(file.bytes.size()) + "\n");
    stream.Add(file.bytes);
  }
  return policy::ToHex(stream.Finish()).substr(0, kNameSize);
}

Result<bool> Generations::Write(const Artifact& artifact) {
  const std::string name = NameOf(artifact);
  const bool was_current = Current() == name;
  if (auto ok = MakeFolder(directory_); !ok) return tl::unexpected(ok.error());
  if (auto ok = MakeFolder(PathOf(name)); !ok) return tl::unexpected(ok.error());
  bool changed = false;
  for (const ArtifactFile& file : artifact.files) {
    const fs::path path = PathOf(name) / file.name;
    const auto there = platform::ReadFile(path, kFileMax);
    if (there && *there == file.bytes) continue;
    changed = true;
    if (auto ok = platform::WriteFileAtomically(path, file.bytes, 0644); !ok) {
      return tl::unexpected(ok.error());
    }
  }
  return was_current && changed;
}

std::optional<std::string> Generations::Current() const {
  std::error_code error;
  const fs::path target = fs::read_symlink(directory_ / "current", error);
  if (error || !IsGenerationName(target.string())) return std::nullopt;
  return target.string();
}

Result<void> Generations::Switch(const std::string& name) {
  const fs::path next = directory_ / ".current.new";
  std::error_code error;
  fs::remove(next, error);
  fs::create_symlink(name, next, error);
  if (!error) fs::rename(next, directory_ / "current", error);
  if (error) {
    return Fail(ErrorCode::unavailable,
                "cannot switch " + (directory_ / "current").string() + ": " + error.message());
  }
  return SyncFolder(directory_);
}

std::string Generations::FirstDifference(const Artifact& artifact) const {
  for (const ArtifactFile& file : artifact.files) {
    const fs::path path = directory_ / "current" / file.name;
    const auto there = platform::ReadFile(path, kFileMax);
    if (!there) return there.error().detail;
    if (*there != file.bytes) return path.string() + " is not what this list renders to";
  }
  return {};
}

std::vector<std::string> Generations::Difference(const Artifact& artifact) const {
  std::vector<std::string> lines;
  for (const ArtifactFile& file : artifact.files) {
    const auto there = platform::ReadFile(directory_ / "current" / file.name, kFileMax);
    auto of_file = FileDifference(file.name, there.value_or(""), file.bytes);
    lines.insert(lines.end(), of_file.begin(), of_file.end());
  }
  return lines;
}

Result<std::string> Generations::Read(const std::string& name, const std::string& file) const {
  return platform::ReadFile(PathOf(name) / file, kFileMax);
}

void Generations::Prune(const std::string& keep, const std::string& keep_too) const {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory_, error)) {
    const std::string name = entry.path().filename().string();
    if (!IsGenerationName(name) || name == keep || name == keep_too) continue;
    std::error_code ignored;  // the next Prune tries again
    fs::remove_all(entry.path(), ignored);
  }
}

}  // namespace exporters::squid
