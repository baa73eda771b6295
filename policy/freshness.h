#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include "policy/observation.h"
#include "policy/time.h"

namespace policy {

enum class Freshness : std::uint8_t { fresh, stale, from_the_future };

// How far a feed's clock may run ahead of ours before its times are not believed.
inline constexpr std::chrono::seconds clock_skew_max = std::chrono::minutes(10);

// Ages that take the place of more general ones, where they are given.
struct AgeOverride {
  std::optional<std::chrono::seconds> domain;
  std::optional<std::chrono::seconds> ip;
  std::optional<std::chrono::seconds> url;
};

// MISP's polynomial decay: after t of the age T, what is left of a score is 1 - (t/T)^(1/speed).
// Below speed 1 it holds long and then falls, above 1 it falls soon.
struct Decay {
  double speed = 1;   // above 0
  int threshold = 0;  // a decayed score below it is stale: 0 to 100
};

// How long what was seen is worth acting on; from the configuration.
struct AgeRules {
  std::chrono::seconds domain{};
  std::chrono::seconds ip{};
  std::chrono::seconds url{};
  std::array<AgeOverride, threat_types> by_threat{};
  // Of what the feed's last probe found offline: an age of its own, else a share of the age above.
  // It only ever shortens.
  AgeOverride offline{};
  int offline_percent = 50;
  std::optional<Decay> decay{};
};

// The age at which `observation`, taken as one of an indicator of `kind`, ends.
std::chrono::seconds AgeMax(const AgeRules& rules, IndicatorKind kind,
                            const Observation& observation);

// No observation is fresh beyond it, whatever its kind and threat.
std::chrono::seconds AgeLongest(const AgeRules& rules);

// What is left, in whole percent, after `age` of `age_max`; never rises with age.
int Remaining(const Decay& decay, std::chrono::seconds age, std::chrono::seconds age_max);

// How an observation stands at an instant.
struct Aged {
  Freshness freshness;
  TimePoint seen_at;  // from when its age runs
  std::chrono::seconds age_max;
  int remaining = 100;  // percent of its confidence that decay leaves
};

// Says whether `observation` is recent enough to act on at `now`.
//
// Age runs from the feed's own `last_seen`, not from our fetch: a feed that repeats an old list
// must not keep a block alive. A sighting since then counts as seen, as does `again`: when our own
// sensors saw the indicator last, or when a list without times was last served with it. An
// observation is still fresh at exactly its age; the feed's own `valid_until` ends it earlier,
// never later, and no sighting revives it. The decay's threshold is for WeighOne, which knows the
// score.
Aged AssessFreshness(const Observation& observation, const AgeRules& rules, IndicatorKind kind,
                     std::optional<TimePoint> again, TimePoint now);

}  // namespace policy
