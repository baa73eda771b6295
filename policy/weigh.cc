#include "policy/weigh.h"

#include <algorithm>

namespace policy {

Opinion Weighed::opinion() const {
  return {sourced.feed->source, confidence, sourced.feed->reliability, is_detection()};
}

std::optional<TimePoint> DetectedAt(std::span<const SourcedObservation> observations,
                                    TimePoint now) {
  std::optional<TimePoint> newest;
  for (const auto& [feed, seen] : observations) {
    if (feed->role != FeedRole::detections || seen->last_seen > now + clock_skew_max) continue;
    newest = std::max(newest.value_or(seen->last_seen), seen->last_seen);
  }
  return newest;
}

Weighed WeighOne(const SourcedObservation& sourced, const Policy& policy, IndicatorKind kind,
                 std::optional<TimePoint> detected_at, TimePoint now) {
  const Observation& seen = *sourced.observation;
  const Confidence stated = seen.confidence.value_or(sourced.feed->default_confidence);
  Weighed weighed{sourced, AssessFreshness(seen, policy.ages, kind, detected_at, now), stated,
                  stated};
  weighed.confidence =
      Share(Doubted(stated, seen.sightings, seen.false_positives), weighed.aged.remaining);
  const int score = Share(weighed.confidence, sourced.feed->reliability.percent()).percent();
  if (policy.ages.decay && score < policy.ages.decay->threshold && weighed.is_fresh()) {
    weighed.aged.freshness = Freshness::stale;
  }
  return weighed;
}

}  // namespace policy
