#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace exporters::squid {

// Says whether `lines` (sorted bytewise, a newline after each) holds `line`. O(log n), no index.
bool HoldsLine(std::string_view lines, std::string_view line);

// Says whether the list blocks a request, as Squid writes it: "http://host/path", or "host:443" for
// CONNECT. A URL is compared in policy::Url's canonical form, so that neither case nor percent
// escapes hide it; a name matches with all below it. `lines` holds "domain NAME" and "url URL".
bool IsBlocked(std::string_view lines, std::string_view request);

// The list file, mapped. A replaced file is picked up at the next Lines(); while there is none, the
// last one stays. Not thread-safe.
class MappedList {
 public:
  explicit MappedList(std::filesystem::path path) : path_(std::move(path)) {}
  MappedList(const MappedList&) = delete;
  MappedList& operator=(const MappedList&) = delete;
  ~MappedList();

  // False if nothing could be mapped yet.
  bool Refresh();
  std::string_view Lines() const { return {static_cast<const char*>(data_), size_}; }

 private:
  void Unmap();

  std::filesystem::path path_;
  void* data_ = nullptr;
  std::size_t size_ = 0;
  bool mapped_ = false;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  timespec changed_{};
};

}  // namespace exporters::squid
