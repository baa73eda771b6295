#include "policy/freshness.h"

#include <algorithm>
#include <cmath>

namespace policy {
namespace {

std::chrono::seconds Base(const AgeRules& rules, IndicatorKind kind) {
  switch (kind) {
    case IndicatorKind::domain: return rules.domain;
    case IndicatorKind::ip: return rules.ip;
    case IndicatorKind::url:
    case IndicatorKind::file_hash: break;
  }
  return rules.url;
}

std::optional<std::chrono::seconds> OverrideFor(const AgeOverride& ages, IndicatorKind kind) {
  switch (kind) {
    case IndicatorKind::domain: return ages.domain;
    case IndicatorKind::ip: return ages.ip;
    case IndicatorKind::url:
    case IndicatorKind::file_hash: break;
  }
  return ages.url;
}

}  // namespace

std::chrono::seconds AgeMax(const AgeRules& rules, IndicatorKind kind,
                            const Observation& observation) {
  const AgeOverride& threat = rules.by_threat[static_cast<std::size_t>(observation.threat)];
  const auto age = OverrideFor(threat, kind).value_or(Base(rules, kind));
  if (observation.online.value_or(true)) return age;
  const auto offline = OverrideFor(rules.offline, kind).value_or(age * rules.offline_percent / 100);
  return std::min(age, offline);
}

std::chrono::seconds AgeLongest(const AgeRules& rules) {
  auto longest = std::max({rules.domain, rules.ip, rules.url});
  for (const AgeOverride& threat : rules.by_threat) {
    for (const auto& age : {threat.domain, threat.ip, threat.url}) {
      longest = std::max(longest, age.value_or(longest));
    }
  }
  return longest;
}

int Remaining(const Decay& decay, std::chrono::seconds age, std::chrono::seconds age_max) {
  if (age.count() <= 0) return 100;
  if (age >= age_max) return 0;
  const double share = static_cast<double>(age.count()) / static_cast<double>(age_max.count());
  return static_cast<int>(std::floor(100.0 * (1.0 - std::pow(share, 1.0 / decay.speed))));
}

Aged AssessFreshness(const Observation& observation, const AgeRules& rules, IndicatorKind kind,
                     std::optional<TimePoint> again, TimePoint now) {
  Aged aged{Freshness::fresh, observation.last_seen, AgeMax(rules, kind, observation)};
  const TimePoint believed_max = now + clock_skew_max;
  if (aged.seen_at > believed_max) {
    aged.freshness = Freshness::from_the_future;
    return aged;
  }
  for (const auto& time : {observation.last_sighting, again}) {
    if (time && *time <= believed_max) aged.seen_at = std::max(aged.seen_at, *time);
  }
  if (rules.decay) aged.remaining = Remaining(*rules.decay, now - aged.seen_at, aged.age_max);
  // STIX 2.1, 4.7: from valid_until on, the indicator is no longer valid.
  const bool is_over = observation.valid_until && *observation.valid_until <= now;
  if (is_over || aged.seen_at < now - aged.age_max) aged.freshness = Freshness::stale;
  return aged;
}

}  // namespace policy
