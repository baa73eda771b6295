#include "policy/observation.h"

#include <array>

namespace policy {
namespace {

constexpr std::array<std::string_view, 6> kThreatNames{"unknown",  "malware-download", "c2",
                                                       "phishing", "scanning",         "exploit"};

}  // namespace

std::string_view Name(ThreatType threat) {
  return kThreatNames[static_cast<std::size_t>(threat)];
}

std::span<const std::string_view> ThreatNames() {
  return kThreatNames;
}

}  // namespace policy
