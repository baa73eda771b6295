#include "policy/confidence.h"

#include <absl/container/inlined_vector.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "policy/quote.h"

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
  bool corroborates;
  int value;  // confidence times reliability: 0 to strength_max
};

using Strengths = absl::InlinedVector<Strength, 8>;

Strengths StrongestOfEachSource(std::span<const Opinion> opinions) {
  Strengths strengths;
  for (const Opinion& opinion : opinions) {
    const int value = opinion.confidence.percent() * opinion.reliability.percent();
    // Sources are few, being configured; opinions can be many.
    const auto known = std::find_if(strengths.begin(), strengths.end(), [&](const Strength& s) {
      return s.source == opinion.source && s.corroborates == opinion.corroborates;
    });
    if (known == strengths.end()) {
      strengths.push_back({opinion.source, opinion.corroborates, value});
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

Result<Confidence> ParseReliability(std::string_view text) {
  // MISP/misp-taxonomies, admiralty-scale/machinetag.json, numerical_value.
  constexpr std::array<int, 6> percent_of_letter{100, 75, 50, 25, 0, 50};
  if (text.size() == 1 && text[0] >= 'A' && text[0] <= 'F') {
    return Confidence::FromPercent(percent_of_letter[static_cast<std::size_t>(text[0] - 'A')]);
  }
  int percent = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
  if (error == std::errc() && end == text.data() + text.size() && percent >= 0 && percent <= 100) {
    return Confidence::FromPercent(percent);
  }
  return Fail(
      ErrorCode::malformed_input,
      "a reliability is a letter from A to F or a number from 0 to 100, not " + Quote(text));
}

Confidence Combine(std::span<const Opinion> opinions) {
  Strengths strengths = StrongestOfEachSource(opinions);
  const bool is_named = std::any_of(strengths.begin(), strengths.end(), [](const Strength& s) {
    return !s.corroborates && s.value > 0;
  });
  if (!is_named) return *Confidence::FromPercent(0);
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

Confidence Share(Confidence confidence, int part) {
  return *Confidence::FromPercent(confidence.percent() * part / 100);
}

Confidence Doubted(Confidence confidence, std::uint32_t sightings, std::uint32_t false_positives) {
  const std::uint64_t confirming = std::uint64_t{1} + sightings;
  const auto percent = static_cast<std::uint64_t>(confidence.percent());
  return *Confidence::FromPercent(
      static_cast<int>(percent * confirming / (confirming + false_positives)));
}

Confidence Refuted(Confidence confidence, std::uint32_t verdicts, int penalty_percent) {
  if (penalty_percent == 0) return confidence;
  for (; verdicts > 0 && confidence.percent() > 0; --verdicts) {
    confidence = Share(confidence, 100 - penalty_percent);
  }
  return confidence;
}

}  // namespace policy
