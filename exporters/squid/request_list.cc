#include "exporters/squid/request_list.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "platform/file_descriptor.h"
#include "policy/domain.h"
#include "policy/url.h"

namespace exporters::squid {
namespace {

// "http://user:password@host/" asks for the same as "http://host/".
std::string WithoutUserinfo(std::string_view request) {
  const auto scheme_end = request.find("://");
  if (scheme_end == request.npos) return std::string(request);
  const auto authority = scheme_end + 3;
  const auto authority_end = std::min(request.find_first_of("/\\?#", authority), request.size());
  const auto at = request.substr(authority, authority_end - authority).rfind('@');
  if (at == request.npos) return std::string(request);
  return std::string(request.substr(0, authority)).append(request.substr(authority + at + 1));
}

// The host of what is no http URL: "ftp://host/", "host:443".
std::optional<policy::Domain> HostOf(std::string_view request) {
  const auto scheme_end = request.find("://");
  if (scheme_end != request.npos) request.remove_prefix(scheme_end + 3);
  request = request.substr(0, request.find_first_of("/\\?#"));
  request = request.substr(0, request.find(':'));
  auto domain = policy::Domain::Parse(request);
  if (!domain) return std::nullopt;
  return std::move(*domain);
}

bool HoldsNameOrParent(std::string_view lines, const policy::Domain& domain) {
  for (std::string_view name = domain.name(); !name.empty(); name = policy::ParentName(name)) {
    if (HoldsLine(lines, "domain " + std::string(name))) return true;
  }
  return false;
}

bool SameTime(const timespec& a, const timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

}  // namespace

bool HoldsLine(std::string_view lines, std::string_view line) {
  std::size_t low = 0;              // starts of lines: all before `low` are less,
  std::size_t high = lines.size();  // all from `high` on are greater
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    const auto newline = middle == 0 ? lines.npos : lines.rfind('\n', middle - 1);
    const std::size_t begin = newline == lines.npos || newline < low ? low : newline + 1;
    const std::size_t end = std::min(lines.find('\n', begin), lines.size());
    const int order = lines.substr(begin, end - begin).compare(line);
    if (order == 0) return true;
    if (order < 0) {
      low = end + 1;
    } else {
      high = begin;
    }
  }
  return false;
}

bool IsBlocked(std::string_view lines, std::string_view request) {
  const std::string plain = WithoutUserinfo(request);
  if (const auto url = policy::Url::Parse(plain)) {
    if (HoldsLine(lines, "url " + url->text())) return true;
    const auto* domain = std::get_if<policy::Domain>(&url->host());
    return domain != nullptr && HoldsNameOrParent(lines, *domain);
  }
  const auto host = HostOf(plain);
  return host && HoldsNameOrParent(lines, *host);
}

MappedList::~MappedList() {
  Unmap();
}

void MappedList::Unmap() {
  if (data_ != nullptr) munmap(data_, size_);
  data_ = nullptr;
  size_ = 0;
}

bool MappedList::Refresh() {
  struct stat now {};
  const bool unchanged =
      stat(path_.c_str(), &now) != 0 ||
      (mapped_ && now.st_dev == device_ && now.st_ino == inode_ && SameTime(now.st_mtim, changed_));
  if (unchanged) return mapped_;
  const platform::FileDescriptor file(open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid() || fstat(file.get(), &now) != 0 || !S_ISREG(now.st_mode)) return mapped_;
  void* data = nullptr;
  const auto size = static_cast<std::size_t>(now.st_size);
  if (size > 0) {
    data = mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
    if (data == MAP_FAILED) return mapped_;
  }
  Unmap();
  data_ = data;
  size_ = size;
  mapped_ = true;
  device_ = now.st_dev;
  inode_ = now.st_ino;
  changed_ = now.st_mtim;
  return true;
}

}  // namespace exporters::squid
