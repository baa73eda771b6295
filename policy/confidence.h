#pragma once

#include <compare>
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

// What one source says, and how far that source is to be believed.
struct Opinion {
  std::string_view source;  // opinions of one source, and of copies of it, share this name
  Confidence confidence;
  Confidence reliability;
};

// The confidence that at least one source is right, were they independent: 1 - prod(1 - c*r),
// rounded down. A source counts once, with its strongest opinion. Hence it is bounded, never falls
// when an opinion is added or strengthened, and does not depend on the order. No opinions: 0.
Confidence Combine(std::span<const Opinion> opinions);

}  // namespace policy
