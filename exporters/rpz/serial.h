#pragma once

#include <cstdint>

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

}  // namespace exporters::rpz
