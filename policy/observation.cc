#include "policy/observation.h"

namespace policy {

std::string_view Name(ThreatType threat) {
  switch (threat) {
    case ThreatType::unknown: return "unknown";
    case ThreatType::malware_download: return "malware-download";
    case ThreatType::c2: return "c2";
    case ThreatType::phishing: return "phishing";
    case ThreatType::scanning: return "scanning";
    case ThreatType::exploit: return "exploit";
  }
  return "unknown";
}

}  // namespace policy
