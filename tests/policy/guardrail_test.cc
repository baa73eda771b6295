#include "policy/guardrail.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/policy/decisions_fixture.h"

namespace policy {
namespace {

TEST(BreadthTest, RefusesPrefixesWiderThanTheLimitOfTheirFamily) {
  const BreadthLimits limits;
  const struct {
    std::string_view prefix;
    bool too_broad;
    bool two_approvers;
  } rows[] = {
      {"0.0.0.0/0", true, true},
      {"198.0.0.0/15", true, true},
      {"198.51.0.0/16", false, true},
      {"198.51.100.0/23", false, true},
      {"198.51.100.0/24", false, false},
      {"198.51.100.7/32", false, false},
      {"::/0", true, true},
      {"2001:db8::/31", true, true},
      {"2001:db8::/32", false, true},
      {"2001:db8::/63", false, true},
      {"2001:db8::/64", false, false},
      {"2001:db8::1/128", false, false},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(TooBroad(P(row.prefix), limits).has_value(), row.too_broad) << row.prefix;
    EXPECT_EQ(NeedsTwoApprovers(P(row.prefix), limits), row.two_approvers) << row.prefix;
  }
}

TEST(BreadthTest, SaysWhichPrefixAndWhichLimit) {
  const auto why = TooBroad(P("10.0.0.0/8"), BreadthLimits{});
  ASSERT_TRUE(why);
  EXPECT_NE(why->find("10.0.0.0/8"), std::string::npos);
  EXPECT_NE(why->find("/16"), std::string::npos);
}

TEST(BreadthTest, LeavesNamesAndUrlsToOtherRules) {
  EXPECT_FALSE(TooBroad(I("evil.example"), BreadthLimits{}));
  EXPECT_FALSE(NeedsTwoApprovers(I("http://evil.example/x"), BreadthLimits{}));
}

TEST(ChangeLimitsTest, StopsALargeRemoval) {
  const ChangeLimits limits;
  EXPECT_FALSE(TooLargeAChange(1000, 0, 300, limits));
  const auto why = TooLargeAChange(1000, 0, 301, limits);
  ASSERT_TRUE(why);
  EXPECT_NE(why->find("301 of 1000"), std::string::npos);
}

TEST(ChangeLimitsTest, StopsALargeAddition) {
  const ChangeLimits limits;
  EXPECT_FALSE(TooLargeAChange(1000, 2000, 0, limits));
  EXPECT_TRUE(TooLargeAChange(1000, 2001, 0, limits));
}

TEST(ChangeLimitsTest, DoesNotJudgeShortLists) {
  const ChangeLimits limits;
  EXPECT_FALSE(TooLargeAChange(0, 1'000'000, 0, limits));
  EXPECT_FALSE(TooLargeAChange(49, 0, 49, limits));
  EXPECT_TRUE(TooLargeAChange(50, 0, 50, limits));
}

TEST(ChangeLimitsTest, CountsWithoutOverflow) {
  const auto huge = std::numeric_limits<std::size_t>::max();
  EXPECT_TRUE(TooLargeAChange(huge, 0, huge, ChangeLimits{}));
  EXPECT_FALSE(TooLargeAChange(huge, huge, 0, ChangeLimits{}));
}

}  // namespace
}  // namespace policy
