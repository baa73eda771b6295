#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "agent/feeds/tlp.h"
#include "policy/confidence.h"
#include "policy/observation.h"

namespace agent::feeds {

// What MISP's tags say, by the taxonomies and galaxies that most communities use.
struct TagFindings {
  std::optional<Tlp> tlp;                        // the strictest
  std::optional<policy::Confidence> confidence;  // the lowest
  std::string malware;                           // the first
  std::string campaign;                          // the first
  policy::ThreatType threat = policy::ThreatType::unknown;
};

// Reads tags; those of other taxonomies say nothing. Confidence comes from admiralty-scale,
// estimative-language, misp:confidence-level and osint:certainty, malware and campaign from
// misp-galaxy.
TagFindings ReadTags(std::span<const std::string> tags);

// What an attribute's own tags say and, where they are silent, its event's. TLP is the stricter.
TagFindings ReadTags(std::span<const std::string> own, std::span<const std::string> of_event);

// Whether `tag` is one of `patterns`: in any case of ASCII letters, "%" at either end standing for
// anything, as in MISP's own filters.
bool MatchesTag(std::string_view tag, std::span<const std::string> patterns);

}  // namespace agent::feeds
