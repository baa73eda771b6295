#include "exporters/squid/mapped_list.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "platform/file_descriptor.h"

namespace exporters::squid {

MappedList::~MappedList() {
  Unmap();
}

void MappedList::Unmap() {
  list_.reset();
  if (data_ != nullptr) munmap(data_, size_);
  data_ = nullptr;
  mapped_inode_ = 0;
}

void MappedList::Map(int fd, std::size_t size) {
  void* const data = size == 0 ? MAP_FAILED : mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  if (data == MAP_FAILED) {
    problem_ = path_.string() + " can't be mapped: it is empty, or memory is short";
    return;
  }
  auto list = RequestList::Read({static_cast<const char*>(data), size});
  if (!list) {
    munmap(data, size);
    problem_ = path_.string() + ": " + list.error().detail;
    return;
  }
  Unmap();
  data_ = data;
  size_ = size;
  mapped_inode_ = inode_;
  list_.emplace(std::move(*list));
  problem_.clear();
}

const RequestList* MappedList::Newest() {
  const auto newest = [this] { return list_ ? &*list_ : nullptr; };
  struct stat now {};
  if (stat(path_.c_str(), &now) != 0) {
    problem_ = path_.string() + " can't be read: " + std::strerror(errno);
    inode_ = 0;
    return newest();
  }
  const bool same = now.st_dev == device_ && now.st_ino == inode_ &&
                    now.st_mtim.tv_sec == changed_.tv_sec &&
                    now.st_mtim.tv_nsec == changed_.tv_nsec;
  if (same) return newest();
  const platform::FileDescriptor file(open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid() || fstat(file.get(), &now) != 0 || !S_ISREG(now.st_mode)) {
    problem_ = path_.string() + " can't be read: it is no regular file, or not open to this user";
    return newest();
  }
  device_ = now.st_dev;
  inode_ = now.st_ino;
  changed_ = now.st_mtim;
  if (inode_ == mapped_inode_) Unmap();  // what is mapped is no longer what was checked
  Map(file.get(), static_cast<std::size_t>(now.st_size));
  return newest();
}

}  // namespace exporters::squid
