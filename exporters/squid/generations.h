#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "exporters/exporter.h"

namespace exporters::squid {

// The folder that Squid reads from. Each list is a folder of its own, named by its content, and
// `current` is a symbolic link to one of them: a reader sees all files of a list or all of another.
//
//   DIRECTORY/4f2a.../names.acl, addresses.acl, requests.list, sekisho.conf
//   DIRECTORY/current -> 4f2a...
//
// Not thread-safe; one writer.
class Generations {
 public:
  explicit Generations(std::filesystem::path directory) : directory_(std::move(directory)) {}

  static std::string NameOf(const Artifact& artifact);

  // Puts the files in place without switching to them. What is there already with the same bytes
  // stays as it is. True if `current` was this generation and a file of it had been changed or
  // lost: then Squid may have read what we didn't write.
  Result<bool> Write(const Artifact& artifact);

  // Nothing before the first Switch.
  std::optional<std::string> Current() const;
  Result<void> Switch(const std::string& name);

  // Says which file of `artifact` differs from the current one on disk; empty if none does.
  std::string FirstDifference(const Artifact& artifact) const;

  // The lines in which the current files on disk and those of `artifact` differ, the first few.
  std::vector<std::string> Difference(const Artifact& artifact) const;

  // Reads a file of a generation.
  Result<std::string> Read(const std::string& name, const std::string& file) const;

  // Removes all but these two.
  void Prune(const std::string& keep, const std::string& keep_too) const;

  std::filesystem::path PathOf(const std::string& name) const { return directory_ / name; }

 private:
  std::filesystem::path directory_;
};

}  // namespace exporters::squid
