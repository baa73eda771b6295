#include "policy/confidence.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "tests/policy/decisions_fixture.h"

namespace policy {
namespace {

constexpr std::array<std::string_view, 12> sources = {"a", "b", "c", "d", "e", "f",
                                                      "g", "h", "i", "j", "k", "l"};

Opinion Says(std::string_view source, int confidence, int reliability) {
  return {source, C(confidence), C(reliability)};
}

int CombinedPercent(const std::vector<Opinion>& opinions) {
  return Combine(opinions).percent();
}

std::vector<Opinion> SomeOpinions() {
  const auto count = *rc::gen::inRange(0, 20);
  std::vector<Opinion> opinions;
  for (int i = 0; i < count; ++i) {
    opinions.push_back(Says(sources[*rc::gen::inRange<std::size_t>(0, sources.size())],
                            *rc::gen::inRange(0, 101), *rc::gen::inRange(0, 101)));
  }
  return opinions;
}

TEST(ConfidenceTest, IsAPercentage) {
  EXPECT_EQ(Confidence::FromPercent(0)->percent(), 0);
  EXPECT_EQ(Confidence::FromPercent(100)->percent(), 100);
  for (const int percent : {-1, 101, 1000}) {
    ASSERT_FALSE(Confidence::FromPercent(percent));
    EXPECT_EQ(Confidence::FromPercent(percent).error().code, ErrorCode::malformed_input);
  }
}

TEST(ConfidenceTest, OfNobodyIsZero) {
  EXPECT_EQ(CombinedPercent({}), 0);
}

TEST(ConfidenceTest, OfOneSourceIsItsConfidenceTimesItsReliabilityExactly) {
  for (int confidence = 0; confidence <= 100; ++confidence) {
    for (int reliability = 0; reliability <= 100; ++reliability) {
      EXPECT_EQ(CombinedPercent({Says("a", confidence, reliability)}),
                confidence * reliability / 100);
    }
  }
}

TEST(ConfidenceTest, GrowsWithIndependentSources) {
  EXPECT_EQ(CombinedPercent({Says("a", 50, 100), Says("b", 50, 100)}), 75);
  EXPECT_EQ(CombinedPercent({Says("a", 80, 90), Says("b", 50, 100), Says("c", 100, 10)}), 87);
}

TEST(ConfidenceTest, CountsCopiesOfOneSourceOnce) {
  EXPECT_EQ(CombinedPercent({Says("a", 50, 100), Says("a", 50, 100), Says("a", 40, 100)}), 50);
}

TEST(ConfidenceTest, IsCertainOnlyIfSomeoneIs) {
  std::vector<Opinion> opinions;
  for (const std::string_view source : sources) opinions.push_back(Says(source, 99, 100));
  EXPECT_EQ(CombinedPercent(opinions), 99);
  opinions.push_back(Says("certain", 100, 100));
  EXPECT_EQ(CombinedPercent(opinions), 100);
}

RC_GTEST_PROP(ConfidenceProperty, IsBoundedAndAtLeastTheStrongestOpinion, ()) {
  const auto opinions = SomeOpinions();
  int strongest = 0;
  for (const Opinion& o : opinions) {
    strongest = std::max(strongest, o.confidence.percent() * o.reliability.percent() / 100);
  }
  const int combined = CombinedPercent(opinions);
  RC_ASSERT(combined >= strongest);
  RC_ASSERT(combined <= 100);
}

RC_GTEST_PROP(ConfidenceProperty, DoesNotDependOnTheOrder, ()) {
  auto opinions = SomeOpinions();
  const int combined = CombinedPercent(opinions);
  for (std::size_t i = opinions.size(); i > 1; --i) {
    std::swap(opinions[i - 1], opinions[*rc::gen::inRange<std::size_t>(0, i)]);
  }
  RC_ASSERT(CombinedPercent(opinions) == combined);
}

RC_GTEST_PROP(ConfidenceProperty, NeverFallsWhenAnOpinionIsAdded, ()) {
  auto opinions = SomeOpinions();
  const int before = CombinedPercent(opinions);
  const auto more = SomeOpinions();
  opinions.insert(opinions.end(), more.begin(), more.end());
  RC_ASSERT(CombinedPercent(opinions) >= before);
}

RC_GTEST_PROP(ConfidenceProperty, NeverFallsWhenAnOpinionIsStrengthened, ()) {
  auto opinions = SomeOpinions();
  RC_PRE(!opinions.empty());
  const int before = CombinedPercent(opinions);
  Opinion& one = opinions[*rc::gen::inRange<std::size_t>(0, opinions.size())];
  one.confidence = C(*rc::gen::inRange(one.confidence.percent(), 101));
  one.reliability = C(*rc::gen::inRange(one.reliability.percent(), 101));
  RC_ASSERT(CombinedPercent(opinions) >= before);
}

}  // namespace
}  // namespace policy
