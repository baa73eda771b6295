#include "policy/freshness.h"

#include <gtest/gtest.h>

#include "tests/policy/decisions_fixture.h"

namespace policy {
namespace {

constexpr auto age_max = std::chrono::hours(24);
const TimePoint now = T("2026-03-15T12:00:00Z");

Observation SeenAt(TimePoint last_seen) {
  return Bench::Seen("evil.example", last_seen);
}

TEST(FreshnessTest, IsStaleOnceTheFeedFallsSilent) {
  const Observation observation = SeenAt(now);
  EXPECT_EQ(AssessFreshness(observation, age_max, now), Freshness::fresh);
  EXPECT_EQ(AssessFreshness(observation, age_max, now + age_max), Freshness::fresh);
  EXPECT_EQ(AssessFreshness(observation, age_max, now + age_max + std::chrono::seconds(1)),
            Freshness::stale);
}

TEST(FreshnessTest, RunsFromLastSeenHoweverOldTheFirst) {
  Observation observation = SeenAt(now);
  observation.first_seen = T("2021-09-18T00:00:00Z");
  EXPECT_EQ(AssessFreshness(observation, age_max, now), Freshness::fresh);
}

TEST(FreshnessTest, BelievesAClockThatRunsALittleAhead) {
  EXPECT_EQ(AssessFreshness(SeenAt(now + clock_skew_max), age_max, now), Freshness::fresh);
  EXPECT_EQ(AssessFreshness(SeenAt(now + clock_skew_max + std::chrono::seconds(1)), age_max, now),
            Freshness::from_the_future);
}

TEST(FreshnessTest, EndsWhenTheFeedSaysSoButNeverLater) {
  Observation observation = SeenAt(now);
  observation.valid_until = now + std::chrono::hours(1);
  EXPECT_EQ(AssessFreshness(observation, age_max, now), Freshness::fresh);
  EXPECT_EQ(AssessFreshness(observation, age_max, *observation.valid_until), Freshness::stale);

  observation.valid_until = now + age_max * 10;
  EXPECT_EQ(AssessFreshness(observation, age_max, now + age_max * 2), Freshness::stale);
}

}  // namespace
}  // namespace policy
