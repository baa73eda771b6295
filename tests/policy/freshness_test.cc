#include "policy/freshness.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include "tests/policy/decisions_fixture.h"

namespace policy {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr auto age_max = hours(24);
const TimePoint now = T("2026-03-15T12:00:00Z");
const AgeRules rules{.domain = age_max, .ip = hours(48), .url = hours(12)};

Observation SeenAt(TimePoint last_seen) {
  return Bench::Seen("evil.example", last_seen);
}

Freshness At(const Observation& observation, TimePoint at,
             std::optional<TimePoint> detected_at = std::nullopt) {
  return AssessFreshness(observation, rules, IndicatorKind::domain, detected_at, at).freshness;
}

TEST(FreshnessTest, IsStaleOnceTheFeedFallsSilent) {
  const Observation observation = SeenAt(now);
  EXPECT_EQ(At(observation, now), Freshness::fresh);
  EXPECT_EQ(At(observation, now + age_max), Freshness::fresh);
  EXPECT_EQ(At(observation, now + age_max + seconds(1)), Freshness::stale);
}

TEST(FreshnessTest, RunsFromLastSeenHoweverOldTheFirst) {
  Observation observation = SeenAt(now);
  observation.first_seen = T("2021-09-18T00:00:00Z");
  EXPECT_EQ(At(observation, now), Freshness::fresh);
}

TEST(FreshnessTest, BelievesAClockThatRunsALittleAhead) {
  EXPECT_EQ(At(SeenAt(now + clock_skew_max), now), Freshness::fresh);
  EXPECT_EQ(At(SeenAt(now + clock_skew_max + seconds(1)), now), Freshness::from_the_future);
}

TEST(FreshnessTest, EndsWhenTheFeedSaysSoButNeverLater) {
  Observation observation = SeenAt(now);
  observation.valid_until = now + hours(1);
  EXPECT_EQ(At(observation, now), Freshness::fresh);
  EXPECT_EQ(At(observation, *observation.valid_until), Freshness::stale);

  observation.valid_until = now + age_max * 10;
  EXPECT_EQ(At(observation, now + age_max * 2), Freshness::stale);
}

TEST(FreshnessTest, ASightingSinceThenCountsAsSeen) {
  Observation observation = SeenAt(now);
  observation.last_sighting = now + hours(20);
  EXPECT_EQ(At(observation, now + hours(44)), Freshness::fresh);
  EXPECT_EQ(At(observation, now + hours(44) + seconds(1)), Freshness::stale);
  observation.last_sighting = now - hours(20);
  EXPECT_EQ(At(observation, now + age_max), Freshness::fresh) << "an older one takes nothing away";
}

TEST(FreshnessTest, ASightingFromTheFutureIsNotBelieved) {
  Observation observation = SeenAt(now);
  observation.last_sighting = now + hours(1000);
  EXPECT_EQ(At(observation, now + age_max + seconds(1)), Freshness::stale);
  EXPECT_EQ(At(SeenAt(now), now + age_max + seconds(1), now + hours(1000)), Freshness::stale);
}

TEST(FreshnessTest, OurOwnDetectionCountsAsSeenButDoesNotReviveWhatTheFeedEnded) {
  Observation observation = SeenAt(now);
  EXPECT_EQ(At(observation, now + hours(30), now + hours(10)), Freshness::fresh);
  observation.valid_until = now + hours(20);
  EXPECT_EQ(At(observation, now + hours(30), now + hours(29)), Freshness::stale);
}

TEST(FreshnessTest, AgesByKindAndThreat) {
  AgeRules by_threat = rules;
  by_threat.by_threat[static_cast<std::size_t>(ThreatType::c2)].ip = hours(200);
  Observation observation = SeenAt(now);
  EXPECT_EQ(AgeMax(by_threat, IndicatorKind::ip, observation), hours(48));
  EXPECT_EQ(AgeMax(by_threat, IndicatorKind::url, observation), hours(12));
  observation.threat = ThreatType::c2;
  EXPECT_EQ(AgeMax(by_threat, IndicatorKind::ip, observation), hours(200));
  EXPECT_EQ(AgeMax(by_threat, IndicatorKind::domain, observation), age_max);
}

TEST(FreshnessTest, WhatIsOfflineEndsSoonerAndNeverLater) {
  AgeRules offline = rules;
  Observation observation = SeenAt(now);
  observation.online = true;
  EXPECT_EQ(AgeMax(offline, IndicatorKind::domain, observation), age_max);
  observation.online = false;
  EXPECT_EQ(AgeMax(offline, IndicatorKind::domain, observation), age_max / 2);
  offline.offline.domain = hours(3);
  EXPECT_EQ(AgeMax(offline, IndicatorKind::domain, observation), hours(3));
  offline.offline.domain = hours(3000);
  EXPECT_EQ(AgeMax(offline, IndicatorKind::domain, observation), age_max);
}

TEST(DecayTest, FollowsMispsPolynomial) {
  // 1 - (t/T)^(1/speed), by hand: linear, a square root, a square.
  EXPECT_EQ(Remaining({1, 0}, hours(6), hours(24)), 75);
  EXPECT_EQ(Remaining({2, 0}, hours(6), hours(24)), 50);
  EXPECT_EQ(Remaining({0.5, 0}, hours(12), hours(24)), 75);
  EXPECT_EQ(Remaining({3, 0}, hours(0), hours(24)), 100);
  EXPECT_EQ(Remaining({3, 0}, hours(24), hours(24)), 0);
  EXPECT_EQ(Remaining({3, 0}, hours(-1), hours(24)), 100);
}

RC_GTEST_PROP(DecayProperty, NeverRisesWithAgeAndStaysAPercentage, ()) {
  const Decay decay{*rc::gen::inRange(1, 100) / 10.0, 0};
  const auto longest = seconds(*rc::gen::inRange(1, 10'000'000));
  const auto age = seconds(*rc::gen::inRange(0, 10'000'000));
  const auto later = age + seconds(*rc::gen::inRange(0, 1'000'000));
  RC_ASSERT(Remaining(decay, later, longest) <= Remaining(decay, age, longest));
  RC_ASSERT(Remaining(decay, age, longest) >= 0 && Remaining(decay, age, longest) <= 100);
}

}  // namespace
}  // namespace policy
