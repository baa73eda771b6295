#pragma once

#include <sys/types.h>

#include <cstddef>
#include <ctime>
#include <filesystem>
#include <optional>
#include <string>

#include "exporters/squid/request_list.h"

namespace exporters::squid {

// The request list of a file, mapped into memory. Not thread-safe.
class MappedList {
 public:
  explicit MappedList(std::filesystem::path path) : path_(std::move(path)) {}
  MappedList(const MappedList&) = delete;
  MappedList& operator=(const MappedList&) = delete;
  ~MappedList();

  // The file's list; of a file that is missing or damaged, the last list that was good, and null
  // before the first. A replaced file is noticed at once (one `stat`) and then read through once.
  // A file that was changed in place, which nobody of ours does, takes the list from it along.
  const RequestList* Newest();

  // Why the file is not used as it is now; empty if it is.
  const std::string& problem() const { return problem_; }

 private:
  void Map(int fd, std::size_t size);
  void Unmap();

  std::filesystem::path path_;
  std::optional<RequestList> list_;  // looks at data_
  void* data_ = nullptr;
  std::size_t size_ = 0;
  ino_t mapped_inode_ = 0;
  std::string problem_ = "was not looked at yet";
  dev_t device_ = 0;
  ino_t inode_ = 0;
  timespec changed_{};
};

}  // namespace exporters::squid
