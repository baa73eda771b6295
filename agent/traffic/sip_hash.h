#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace agent::traffic {

using SipKey = std::array<std::uint64_t, 2>;

// SipHash-2-4 (Aumasson and Bernstein, 2012): 64 bits that nobody without the key can steer, for
// tables of what strangers choose. The same on every machine and at every time, so it may be kept.
std::uint64_t SipHash(const SipKey& key, std::string_view bytes);

}  // namespace agent::traffic
