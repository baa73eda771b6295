#include <gtest/gtest.h>

#include "agent/feeds/acceptance.h"
#include "agent/feeds/snapshot_builder.h"

namespace agent::feeds {
namespace {

using policy::ErrorCode;
using policy::TimePoint;

const TimePoint noon = *policy::ParseTime("2026-03-15T12:00:00Z");

policy::Result<void> Judge(std::vector<std::uint64_t> before, std::uint64_t rows) {
  return JudgeFetch({std::move(before), std::nullopt}, {rows, std::nullopt}, {});
}

TEST(Acceptance, TakesTheFirstFileOfAnySizeButNone) {
  EXPECT_TRUE(Judge({}, 1));
  EXPECT_TRUE(Judge({}, 1'000'000));
  EXPECT_EQ(Judge({}, 0).error().code, ErrorCode::not_allowed);
  EXPECT_EQ(Judge({}, 1'000'001).error().code, ErrorCode::exhausted);
}

TEST(Acceptance, TakesAShrinkOfExactlyThirtyPercentAndNoMore) {
  EXPECT_TRUE(Judge({1000}, 700));
  EXPECT_FALSE(Judge({1000}, 699));
}

TEST(Acceptance, TakesAGrowthOfExactlyThreeTimesAndNoMore) {
  EXPECT_TRUE(Judge({1000}, 3000));
  EXPECT_FALSE(Judge({1000}, 3001));
}

TEST(Acceptance, ComparesWithTheMedianSoThatSmallStepsDoNotHollowAFeedOut) {
  EXPECT_FALSE(Judge({1000, 1000, 1000, 1000, 750}, 560));
  EXPECT_TRUE(Judge({1000, 5, 1000}, 1000));
}

TEST(Acceptance, DoesNotCompareTheSizesOfTinyLists) {
  EXPECT_TRUE(Judge({3}, 1));
  EXPECT_TRUE(Judge({3}, 30));
  EXPECT_FALSE(Judge({3}, 31));
  EXPECT_FALSE(Judge({3}, 0));
}

TEST(Acceptance, SaysWhatWasAndWhatIs) {
  const std::string detail = Judge({1000}, 10).error().detail;
  EXPECT_NE(detail.find("from 1000 rows (median of the last fetches) to 10"), std::string::npos)
      << detail;
  EXPECT_NE(detail.find("last good one stays"), std::string::npos);
}

TEST(Acceptance, RefusesAFileOlderThanTheLast) {
  const AcceptedBefore before{{100}, noon};
  EXPECT_TRUE(JudgeFetch(before, {100, noon}, {}));
  EXPECT_TRUE(JudgeFetch(before, {100, std::nullopt}, {}));
  const auto older = JudgeFetch(before, {100, noon - std::chrono::seconds(1)}, {});
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().code, ErrorCode::not_allowed);
}

TEST(Acceptance, DoesNotMeasureAgeByARowFromTheFuture) {
  FeedSnapshot snapshot;
  for (const TimePoint time : {noon, noon + std::chrono::years(1)}) {
    snapshot.observations.push_back(SeenAt(*policy::GuessIndicator("a.example"), time));
  }
  EXPECT_EQ(Summarise(snapshot, true, noon).newest_seen, noon);
  EXPECT_EQ(Summarise(snapshot, false, noon).newest_seen, std::nullopt);
}

}  // namespace
}  // namespace agent::feeds
