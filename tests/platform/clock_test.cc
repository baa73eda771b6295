#include "platform/clock.h"

#include <gtest/gtest.h>

namespace platform {
namespace {

using std::chrono::seconds;

TEST(ManualClockTest, MovesBothClocksWhenTimePasses) {
  ManualClock clock(policy::TimePoint(seconds(1000)));
  const auto steady = clock.SteadyNow();
  clock.Advance(seconds(60));
  EXPECT_EQ(clock.Now(), policy::TimePoint(seconds(1060)));
  EXPECT_EQ(clock.SteadyNow() - steady, seconds(60));
}

TEST(ManualClockTest, LeavesTheSteadyClockAloneWhenTheWallClockIsSetBack) {
  ManualClock clock(policy::TimePoint(seconds(1000)));
  const auto steady = clock.SteadyNow();
  clock.Set(policy::TimePoint(seconds(10)));
  EXPECT_EQ(clock.Now(), policy::TimePoint(seconds(10)));
  EXPECT_EQ(clock.SteadyNow(), steady);
}

TEST(SystemClockTest, AgreesWithTheSystem) {
  const SystemClock clock;
  const auto before = std::chrono::system_clock::now() - seconds(1);
  EXPECT_GT(clock.Now(), before);
  EXPECT_LE(clock.Now(), std::chrono::system_clock::now());
  const auto first = clock.SteadyNow();
  EXPECT_LE(first, clock.SteadyNow());
}

}  // namespace
}  // namespace platform
