#include "policy/confidence.h"

#include <absl/container/inlined_vector.h>

#include <algorithm>
#include <functional>
#include <string>

namespace policy {
namespace {

__extension__ using Doubt = unsigned __int128;

// A doubt of 1. Multiplied by 10 000 it still fits 128 bits, and eight sources multiply exactly,
// so that the order of the sources can't show in the result.
constexpr Doubt Scale() {
  Doubt scale = 1;
  for (int digit = 0; digit < 34; ++digit) scale *= 10;
  return scale;
}

constexpr int strength_max = 100 * 100;

struct Strength {
  std::string_view source;
  int value;  // confidence times reliability: 0 to strength_max
};

using Strengths = absl::InlinedVector<Strength, 8>;

Strengths StrongestOfEachSource(std::span<const Opinion> opinions) {
  Strengths strengths;
  for (const Opinion& opinion : opinions) {
    const int value = opinion.confidence.percent() * opinion.reliability.percent();
    // Sources are few, being configured; opinions can be many.
    const auto known = std::find_if(strengths.begin(), strengths.end(),
                                    [&](const Strength& s) { return s.source == opinion.source; });
    if (known == strengths.end()) {
      strengths.push_back({opinion.source, value});
    } else {
      known->value = std::max(known->value, value);
    }
  }
  return strengths;
}

}  // namespace

Result<Confidence> Confidence::FromPercent(int percent) {
  if (percent < 0 || percent > 100) {
    return Fail(ErrorCode::malformed_input,
                "confidence " + std::to_string(percent) + " is not within 0 to 100");
  }
  return Confidence(percent);
}

Confidence Combine(std::span<const Opinion> opinions) {
  Strengths strengths = StrongestOfEachSource(opinions);
  std::sort(strengths.begin(), strengths.end(),
            [](const Strength& a, const Strength& b) { return a.value > b.value; });
  Doubt doubt = Scale();
  for (const Strength& strength : strengths) {
    // Rounding doubt up rounds confidence down.
    doubt = (doubt * static_cast<Doubt>(strength_max - strength.value) + strength_max - 1) /
            strength_max;
  }
  return *Confidence::FromPercent(static_cast<int>((Scale() - doubt) / (Scale() / 100)));
}

}  // namespace policy
