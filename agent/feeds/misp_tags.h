#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "policy/confidence.h"
#include "policy/observation.h"

namespace agent::feeds {

// How far something may be passed on (Traffic Light Protocol 2.0, https://www.first.org/tlp/; its
// older name for clear is white), from everybody to nobody.
enum class Tlp : std::uint8_t { clear, green, amber, amber_strict, red };

// What a person may write for it: "clear", "amber+strict".
std::optional<Tlp> ParseTlp(std::string_view name);

// What MISP's tags say, by the taxonomies and galaxies that most communities use.
struct TagFindings {
  std::optional<Tlp> tlp;                        // the strictest
  std::optional<policy::Confidence> confidence;  // the lowest
  std::string malware;                           // the first
  policy::ThreatType threat = policy::ThreatType::unknown;
};

// Reads tags; those of other taxonomies say nothing. Confidence comes from admiralty-scale,
// estimative-language, misp:confidence-level and osint:certainty, malware from misp-galaxy.
TagFindings ReadTags(std::span<const std::string> tags);

// What an attribute's own tags say and, where they are silent, its event's. TLP is the stricter.
TagFindings ReadTags(std::span<const std::string> own, std::span<const std::string> of_event);

// Whether `tag` is one of `patterns`: in any case of ASCII letters, "%" at either end standing for
// anything, as in MISP's own filters.
bool MatchesTag(std::string_view tag, std::span<const std::string> patterns);

}  // namespace agent::feeds
