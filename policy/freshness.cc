#include "policy/freshness.h"

namespace policy {

Freshness AssessFreshness(const Observation& observation, std::chrono::seconds age_max,
                          TimePoint now) {
  if (observation.last_seen > now + clock_skew_max) return Freshness::from_the_future;
  if (observation.last_seen < now - age_max) return Freshness::stale;
  // STIX 2.1, 4.7: from valid_until on, the indicator is no longer valid.
  if (observation.valid_until && *observation.valid_until <= now) return Freshness::stale;
  return Freshness::fresh;
}

}  // namespace policy
