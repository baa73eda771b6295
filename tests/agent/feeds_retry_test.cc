#include <gtest/gtest.h>

#include "agent/feeds/retry.h"

namespace agent::feeds {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr double almost_one = 0.999999;

TEST(Retry, KeepsToTheIntervalGiveOrTakeFivePercent) {
  EXPECT_EQ(DelayAfterSuccess(seconds(100), 0), milliseconds(95'000));
  EXPECT_LE(DelayAfterSuccess(seconds(100), almost_one), milliseconds(105'000));
}

TEST(FeedFaults, F5_BacksOffExponentiallyUpToTheInterval) {
  const struct {
    int failures;
    minutes longest;
  } cases[] = {{1, minutes(1)}, {2, minutes(2)},  {3, minutes(4)},
               {4, minutes(8)}, {5, minutes(10)}, {1000, minutes(10)}};
  for (const auto& c : cases) {
    EXPECT_EQ(DelayAfterFailure(minutes(10), c.failures, {}, 0), milliseconds(c.longest) / 2)
        << c.failures;
    EXPECT_LE(DelayAfterFailure(minutes(10), c.failures, {}, almost_one), c.longest) << c.failures;
  }
}

TEST(FeedFaults, F5_NeverComesBackBeforeRetryAfterButBelievesOneDayAtMost) {
  EXPECT_EQ(DelayAfterFailure(minutes(10), 1, hours(1), 0.5), hours(1));
  EXPECT_EQ(DelayAfterFailure(minutes(10), 1, hours(1000), 0.5), hours(24));
}

TEST(Retry, ReadsRetryAfterInBothItsForms) {
  const policy::TimePoint now = *policy::ParseTime("1994-11-06T08:49:07Z");
  EXPECT_EQ(ParseRetryAfter("120", now), seconds(120));
  EXPECT_EQ(ParseRetryAfter("Sun, 06 Nov 1994 08:49:37 GMT", now), seconds(30));
  for (const char* text : {"", "soon", "-5", "1.5", "99999999999999999999",
                           "Sun, 06 Nov 1994 08:49:00 GMT", "Sun, 06 Nov 1994 08:49:37 GMT x"}) {
    EXPECT_EQ(ParseRetryAfter(text, now), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace agent::feeds
