#include "policy/weigh.h"

#include <algorithm>

namespace policy {

Opinion Weighed::opinion() const {
  return {sourced.feed->source, confidence, sourced.feed->reliability, is_detection()};
}

std::optional<TimePoint> DetectedAt(std::span<const SourcedObservation> observations,
                                    TimePoint now) {
  std::optional<TimePoint> newest;
  for (const SourcedObservation& sourced : observations) {
    const TimePoint seen = sourced.last_seen();
    if (sourced.feed->role != FeedRole::detections || seen > now + clock_skew_max) continue;
    newest = std::max(newest.value_or(seen), seen);
  }
  return newest;
}

Weighed WeighOne(const SourcedObservation& sourced, const Policy& policy, IndicatorKind kind,
                 std::optional<TimePoint> detected_at, TimePoint now) {
  const Observation& seen = *sourced.observation;
  const Confidence stated = seen.confidence.value_or(sourced.feed->default_confidence);
  const auto again = std::max(detected_at, sourced.served_again);  // an absent time is the least
  Weighed weighed{sourced, AssessFreshness(seen, policy.ages, kind, again, now), stated, stated};
  weighed.confidence =
      Share(Doubted(stated, seen.sightings, seen.false_positives), weighed.aged.remaining);
  const int score = Share(weighed.confidence, sourced.feed->reliability.percent()).percent();
  if (policy.ages.decay && score < policy.ages.decay->threshold && weighed.is_fresh()) {
    weighed.aged.freshness = Freshness::stale;
  }
  return weighed;
}

}  // namespace policy
