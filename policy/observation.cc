#include "policy/observation.h"

#include <algorithm>
#include <array>

#include "policy/quote.h"

namespace policy {
namespace {

constexpr std::array<std::string_view, threat_types> kThreatNames{
    "unknown", "malware-download", "c2", "phishing", "scanning", "exploit"};

}  // namespace

std::string_view Name(ThreatType threat) {
  return kThreatNames[static_cast<std::size_t>(threat)];
}

std::span<const std::string_view> ThreatNames() {
  return kThreatNames;
}

Result<ThreatType> ParseThreat(std::string_view name) {
  const auto found = std::find(kThreatNames.begin(), kThreatNames.end(), name);
  if (found != kThreatNames.end()) return static_cast<ThreatType>(found - kThreatNames.begin());
  return Fail(ErrorCode::malformed_input,
              Quote(name) +
                  " is no threat: there are unknown, malware-download, c2, phishing, scanning and "
                  "exploit");
}

}  // namespace policy
