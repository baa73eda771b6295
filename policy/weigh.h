#pragma once

#include <optional>
#include <span>

#include "policy/evaluate.h"
#include "policy/freshness.h"

namespace policy {

// One observation as the decision takes it. docs/decision.md has the formula.
struct Weighed {
  SourcedObservation sourced;
  Aged aged;
  Confidence stated;      // the feed's own, or its default
  Confidence confidence;  // what decay and reports of false positives leave of it

  bool is_fresh() const { return aged.freshness == Freshness::fresh; }
  bool is_detection() const { return sourced.feed->role == FeedRole::detections; }
  Opinion opinion() const;
};

// When our own sensors saw it last, as far as that is not in the future.
std::optional<TimePoint> DetectedAt(std::span<const SourcedObservation> observations,
                                    TimePoint now);

// `detected_at` is DetectedAt's. Stale, too, if its decayed score, confidence times reliability, is
// below the decay's threshold.
Weighed WeighOne(const SourcedObservation& sourced, const Policy& policy, IndicatorKind kind,
                 std::optional<TimePoint> detected_at, TimePoint now);

}  // namespace policy
