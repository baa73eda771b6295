#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string_view>

#include "policy/result.h"

namespace policy {

// How strongly something is vouched for, on STIX 2.1's 0-100 scale.
class Confidence {
 public:
  static Result<Confidence> FromPercent(int percent);

  int percent() const { return percent_; }
  friend auto operator<=>(Confidence, Confidence) = default;

 private:
  explicit Confidence(int percent) : percent_(percent) {}
  int percent_;
};

// How far a source is believed: a percentage, or a letter of the Admiralty scale (NATO AJP-2.1),
// with the numbers that MISP's taxonomy admiralty-scale gives them: A 100 (completely reliable), B
// 75, C 50, D 25, E 0 (unreliable), F 50 (cannot be judged).
Result<Confidence> ParseReliability(std::string_view text);

// What one source says, and how far that source is to be believed.
struct Opinion {
  std::string_view source;  // opinions of one source, and of copies of it, share this name
  Confidence confidence;
  Confidence reliability;
  bool corroborates = false;  // a second opinion: counts only beside one that is not
};

// The confidence that at least one source is right, were they independent: 1 - prod(1 - c*r),
// rounded down. A source counts once, with its strongest opinion. Hence it is bounded, never falls
// when an opinion is added or strengthened, and does not depend on the order. 0 without an opinion
// of some weight that does not merely corroborate.
Confidence Combine(std::span<const Opinion> opinions);

// `confidence` where `sightings` reports confirm and `false_positives` deny: c*(1+s)/(1+s+f),
// rounded down. Never rises with a denial nor falls with a confirmation, and never exceeds
// `confidence`.
Confidence Doubted(Confidence confidence, std::uint32_t sightings, std::uint32_t false_positives);

// `confidence` after people refused `verdicts` times as a false positive: c*(1 - penalty)^n,
// rounded down at each step. `penalty_percent` is 0 to 100.
Confidence Refuted(Confidence confidence, std::uint32_t verdicts, int penalty_percent);

// `part` percent of it, rounded down.
Confidence Share(Confidence confidence, int part);

}  // namespace policy
