#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "policy/release.h"
#include "policy/result.h"
#include "policy/time.h"

namespace exporters::http_list {

// What is served, as it survives a restart: the same list with the same Last-Modified, so that
// clients get their 304 and never find a server without its list.
struct Served {
  std::shared_ptr<const policy::ListSnapshot> list;
  std::uint64_t release = 0;
  policy::TimePoint modified;
};

// One line with release and time, then the lines with their terms. Replaces the file whole.
policy::Result<void> WriteServed(const std::filesystem::path& path, const Served& served);

// Nothing if there is no file; `corrupt` if it is not what was written.
policy::Result<std::optional<Served>> ReadServed(const std::filesystem::path& path);

}  // namespace exporters::http_list
