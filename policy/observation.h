#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "policy/confidence.h"
#include "policy/indicator.h"
#include "policy/result.h"
#include "policy/time.h"

namespace policy {

enum class ThreatType : std::uint8_t { unknown, malware_download, c2, phishing, scanning, exploit };
inline constexpr std::size_t threat_types = 6;
std::string_view Name(ThreatType threat);  // "malware-download"
Result<ThreatType> ParseThreat(std::string_view name);
std::span<const std::string_view> ThreatNames();  // in the order of the enumerators

// What one feed says of one indicator.
struct Observation {
  Indicator indicator;
  TimePoint first_seen;
  TimePoint last_seen;
  std::optional<TimePoint> valid_until;  // the feed's own expiry
  std::optional<Confidence> confidence;  // the feed's own; absent where it gives none
  ThreatType threat = ThreatType::unknown;
  std::optional<bool> online;  // what the feed's last probe saw
  // What members of a community, or we ourselves, reported of it.
  std::uint32_t sightings = 0;
  std::uint32_t false_positives = 0;
  std::optional<TimePoint> last_sighting{};  // the newest of the sightings, where its time is known
  std::string malware;                       // family; here and below: untrusted text, valid UTF-8
  std::string campaign{};                    // or the report or event that tells of it
  std::string tags;                          // comma-separated
  std::string reference;                     // where a person can read more

  friend bool operator==(const Observation&, const Observation&) = default;
};

}  // namespace policy
