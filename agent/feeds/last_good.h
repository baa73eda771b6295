#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "agent/feeds/acceptance.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::feeds {

// What is known of the file that was last accepted of a source.
struct AcceptedFile {
  std::string url;     // where it came from, and
  std::string format;  // what it was read as: a change of either makes it another source's
  std::string etag;
  std::string last_modified;
  std::string sha256;             // of its bytes, hex
  policy::TimePoint accepted_at;  // when these bytes were taken in
  policy::TimePoint fetched_at;   // when the server last said that these are its bytes
  AcceptedBefore history;         // this file included
};

struct LastGood {
  AcceptedFile file;
  std::string bytes;
};

// Keeps the last good file of one source: its bytes in FOLDER/NAME.DIGEST.good, and in
// FOLDER/NAME.json what is known of them. The JSON names the digest of its bytes and replaces its
// predecessor in one rename, after they are on disk: whenever power fails, it is the old pair that
// counts or the new one. Not thread-safe; one process at a time.
class LastGoodFolder {
 public:
  // Makes the folder. `name` is a file name, so only a-z, 0-9, "-" and "_" are let in, at most 64
  // (`malformed_input`).
  static policy::Result<LastGoodFolder> Open(std::filesystem::path folder, std::string name);

  // `not_found` if nothing was accepted yet; `corrupt` if the pair is not what was written.
  policy::Result<LastGood> Load() const;

  // Whether the bytes of `file` are still there.
  bool Holds(const AcceptedFile& file) const;

  // On an error the pair before still counts.
  policy::Result<void> Save(const AcceptedFile& file, std::string_view bytes) const;
  // The same bytes, newly confirmed.
  policy::Result<void> Save(const AcceptedFile& file) const;

 private:
  LastGoodFolder(std::filesystem::path folder, std::string name)
      : folder_(std::move(folder)), name_(std::move(name)) {}
  std::filesystem::path BytesPath(std::string_view sha256) const;
  std::filesystem::path FilePath() const { return folder_ / (name_ + ".json"); }
  void RemoveOthers(std::string_view sha256) const;

  std::filesystem::path folder_;
  std::string name_;
};

}  // namespace agent::feeds
