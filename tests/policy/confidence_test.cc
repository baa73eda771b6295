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
    opinions.back().corroborates = *rc::gen::inRange(0, 3) == 0;
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

TEST(ConfidenceTest, ASecondOpinionRaisesOthersAndSaysNothingAlone) {
  Opinion ids = Says("ids", 90, 100);
  ids.corroborates = true;
  EXPECT_EQ(CombinedPercent({ids}), 0);
  EXPECT_EQ(CombinedPercent({Says("a", 50, 100)}), 50);
  EXPECT_EQ(CombinedPercent({Says("a", 50, 100), ids}), 95);
  EXPECT_EQ(CombinedPercent({Says("a", 50, 0), ids}), 0) << "nobody who is believed names it";
}

TEST(ConfidenceTest, ReliabilityIsALetterOrANumber) {
  const std::pair<const char*, int> rows[] = {{"A", 100}, {"B", 75}, {"C", 50}, {"D", 25},
                                              {"E", 0},   {"F", 50}, {"0", 0},  {"100", 100}};
  for (const auto& [text, percent] : rows) {
    EXPECT_EQ(ParseReliability(text)->percent(), percent) << text;
  }
  for (const char* wrong : {"", "a", "G", "AB", "-1", "101", "5 ", "0x5", "+5"}) {
    EXPECT_FALSE(ParseReliability(wrong)) << wrong;
  }
}

TEST(ConfidenceTest, ReportsOfFalsePositivesWeighAgainstSightings) {
  EXPECT_EQ(Doubted(C(80), 0, 0).percent(), 80);
  EXPECT_EQ(Doubted(C(80), 0, 1).percent(), 40);
  EXPECT_EQ(Doubted(C(80), 3, 1).percent(), 64);
  EXPECT_EQ(Doubted(C(80), 4'294'967'295U, 4'294'967'295U).percent(), 40);
}

TEST(ConfidenceTest, EachRefusalAsAFalsePositiveTakesItsShare) {
  EXPECT_EQ(Refuted(C(90), 0, 50).percent(), 90);
  EXPECT_EQ(Refuted(C(90), 1, 50).percent(), 45);
  EXPECT_EQ(Refuted(C(90), 2, 50).percent(), 22);
  EXPECT_EQ(Refuted(C(90), 4'294'967'295U, 1).percent(), 0);
  EXPECT_EQ(Refuted(C(90), 4'294'967'295U, 0).percent(), 90);
}

RC_GTEST_PROP(ConfidenceProperty, FallsWithDenialsAndRisesWithConfirmationsOnly, ()) {
  const Confidence c = C(*rc::gen::inRange(0, 101));
  const auto sightings = *rc::gen::inRange<std::uint32_t>(0, 1000);
  const auto denials = *rc::gen::inRange<std::uint32_t>(0, 1000);
  const auto more = *rc::gen::inRange<std::uint32_t>(0, 1000);
  RC_ASSERT(Doubted(c, sightings, denials) <= c);
  RC_ASSERT(Doubted(c, sightings, denials + more) <= Doubted(c, sightings, denials));
  RC_ASSERT(Doubted(c, sightings + more, denials) >= Doubted(c, sightings, denials));
  const int penalty = *rc::gen::inRange(0, 101);
  RC_ASSERT(Refuted(c, denials + more, penalty) <= Refuted(c, denials, penalty));
  RC_ASSERT(Refuted(c, denials, penalty) <= c);
}

RC_GTEST_PROP(ConfidenceProperty, IsBoundedAndAtLeastTheStrongestOpinion, ()) {
  const auto opinions = SomeOpinions();
  int strongest = 0;
  for (const Opinion& o : opinions) {
    if (o.corroborates) continue;
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
