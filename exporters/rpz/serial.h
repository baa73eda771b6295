#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <utility>

#include "policy/result.h"

namespace exporters::rpz {

// SOA serials, compared as RFC 1982 does.
inline bool SerialIsNewer(std::uint32_t serial, std::uint32_t than) {
  return serial != than && serial - than < 0x8000'0000U;
}

// The serial after both: `remembered` is the last one we gave, so that secondaries still take our
// zone after the primary was restored from an old backup.
inline std::uint32_t NextSerial(std::uint32_t current, std::uint32_t remembered) {
  return (SerialIsNewer(remembered, current) ? remembered : current) + 1;
}

// The serial of the SOA record that a master file (RFC 1035, 5) starts with, after directives.
std::optional<std::uint32_t> SerialIn(const std::filesystem::path& zone_file);

// The last serial given to the zone, in a file of the exporter's own.
class SerialMemory {
 public:
  explicit SerialMemory(std::filesystem::path file) : file_(std::move(file)) {}
  std::uint32_t Last(std::uint32_t fallback) const;
  policy::Result<void> Remember(std::uint32_t serial) const;

 private:
  std::filesystem::path file_;
};

}  // namespace exporters::rpz
