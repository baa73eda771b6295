#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

// A disk that fails on command and that forgets, in a power cut, what was not synced. It stands
// between SQLite and one folder as SQLite's default VFS, while it lives. One at a time; one thread.
class FaultDisk {
 public:
  enum class Operation { read, write, sync, truncate };
  struct Fault {
    Operation operation;
    std::string file_end;  // "-wal", ".db"
    int result;            // SQLITE_FULL, SQLITE_IOERR_FSYNC, ...
    int skip = 0;          // so many of these operations work before
    int count = 1'000'000;
  };

  explicit FaultDisk(std::filesystem::path folder);
  FaultDisk(const FaultDisk&) = delete;
  FaultDisk& operator=(const FaultDisk&) = delete;
  ~FaultDisk();

  void Fail(Fault fault) { faults_.push_back(std::move(fault)); }
  void Heal() { faults_.clear(); }

  // Called before each write, sync and truncation; may take a picture.
  void OnOperation(std::function<void()> visit) { visit_ = std::move(visit); }

  // Writes to `folder` what a power cut now would leave. Of what was not synced since, each write
  // stays or not, as `chance` says.
  void PowerCut(const std::filesystem::path& folder, const std::function<bool()>& chance) const;

  // For the VFS.
  int Attempt(const std::string& path, Operation operation);
  bool Holds(const std::string& path) const;
  void Wrote(const std::string& path, std::int64_t offset, std::string bytes);
  void Truncated(const std::string& path, std::int64_t size);
  void Synced(const std::string& path);
  // Linux marks the pages clean all the same: still read from memory, never written, and the next
  // sync reports success (PostgreSQL's "fsyncgate", 2018).
  void SyncFailed(const std::string& path);
  void Deleted(const std::string& path) { files_.erase(path); }

 private:
  struct Change {
    std::int64_t offset;  // of the bytes; the new size for a truncation
    std::string bytes;
    bool is_truncation;
  };
  struct File {
    std::string durable;
    std::vector<Change> pending;
  };
  static void Apply(const Change& change, std::string& bytes);

  std::filesystem::path folder_;
  std::vector<Fault> faults_;
  std::function<void()> visit_;
  std::map<std::string, File> files_;
};
