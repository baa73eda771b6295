#include "agent/queue/filter.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace agent::queue {
namespace {

using store::ProposalState;

TEST(QueueFilterTest, MatchesPendingProposalsWhenEmpty) {
  const auto query = ParseFilter("", {}).value();
  EXPECT_EQ(query.states, std::vector{ProposalState::pending});
  EXPECT_FALSE(query.kind);
  EXPECT_TRUE(query.text.empty());
}

TEST(QueueFilterTest, ReadsEveryField) {
  const auto query =
      ParseFilter(
          "kind:ip feed:urlhaus threat:c2 malware:emotet campaign:dust reason:review-hit "
          "state:deferred state:pending within:EVIL.example two:yes online:no "
          "confidence>=80 confidence<95 hits>3 hits<=9 \"a b\"",
          {})
          .value();
  EXPECT_EQ(query.kind, policy::IndicatorKind::ip);
  EXPECT_EQ(query.feed, "urlhaus");
  EXPECT_EQ(query.threat, "c2");
  EXPECT_EQ(query.malware, "emotet");
  EXPECT_EQ(query.campaign, "dust");
  EXPECT_EQ(query.reason, "review-hit");
  EXPECT_EQ(query.states, (std::vector{ProposalState::deferred, ProposalState::pending}));
  EXPECT_EQ(query.within, "evil.example");
  EXPECT_EQ(query.needs_two, true);
  EXPECT_EQ(query.online, false);
  EXPECT_EQ(query.confidence_min, 80);
  EXPECT_EQ(query.confidence_max, 94);
  EXPECT_EQ(query.hits_min, 4);
  EXPECT_EQ(query.hits_max, 9);
  EXPECT_EQ(query.text, "a b");
}

TEST(QueueFilterTest, CountsAnAgeBackFromNow) {
  const policy::TimePoint now{std::chrono::hours(1000)};
  const auto query = ParseFilter("age<2h age>30m", now).value();
  EXPECT_EQ(query.proposed_from, now - std::chrono::hours(2));
  EXPECT_EQ(query.proposed_to, now - std::chrono::minutes(30));
}

TEST(QueueFilterTest, TakesAPrefixOrAnAddressForAPlace) {
  EXPECT_EQ(ParseFilter("within:192.0.2.0/24", {}).value().within_prefix,
            policy::IpPrefix::Parse("192.0.2.0/24").value());
  EXPECT_EQ(ParseFilter("within:2001:db8::1", {}).value().within_prefix,
            policy::IpPrefix::Parse("2001:db8::1").value());
  EXPECT_TRUE(ParseFilter("within:192.0.2.0/24", {}).value().within.empty());
}

TEST(QueueFilterTest, TakesAUrlAsText) {
  EXPECT_EQ(ParseFilter("http://evil.example/x", {}).value().text, "http://evil.example/x");
}

TEST(QueueFilterTest, AsksForWhatIsKnownAtPresent) {
  Present present;
  present.clients_of = [](policy::IndicatorKind, std::string_view) { return 7; };
  const auto target = policy::ParseLine("domain evil.example").value();
  present.requested = [&] { return std::vector{target}; };
  const auto query = ParseFilter("clients>5 clients<=9 requests:yes", {}, present).value();
  EXPECT_EQ(query.clients_min, 6);
  EXPECT_EQ(query.clients_max, 9);
  EXPECT_EQ(query.clients_of(policy::IndicatorKind::domain, ""), 7);
  EXPECT_EQ(query.targets, std::vector{target});
  EXPECT_FALSE(ParseFilter("", {}, present).value().targets);
}

TEST(QueueFilterTest, PointsAtTheColumnOfAnError) {
  struct Case {
    std::string filter;
    std::string message;
  };
  const std::vector<Case> cases{
      {"kind:ip colour:red", "column 9: no field \"colour\""},
      {"  kind:host", "column 3:"},
      {"confidence>=many", "column 1: confidence is a number"},
      {"confidence:101", "column 1: confidence is a number"},
      {"feed>urlhaus", "column 1: feed takes only \":\""},
      {"feed:", "column 1: a value is missing"},
      {"feed:a feed:b", "column 8: \"feed:\" is there twice"},
      {"text \"open", "column 6: the quote is not closed"},
      {"one two", "column 5: only one text"},
      {"two:perhaps", "column 1: two: takes yes or no"},
      {"online:maybe", "column 1: online: takes yes or no"},
      {"within:a..b", "column 1:"},
      {"within:192.0.2.1/24", "column 1:"},
      {"age:2h", "column 1: age takes < or >"},
      {"age<soon", "column 1:"},
      {"hits>=-1", "column 1: hits is a number"},
      {"two:no clients>many", "column 8: clients is a number"},
      {"two:no clients>5", "column 8: clients is for the queue only"},
      {"requests:no", "column 1: requests takes yes only"},
      {"two:no requests:yes", "column 8: requests is for the queue only"},
  };
  for (const Case& c : cases) {
    const auto query = ParseFilter(c.filter, {});
    ASSERT_FALSE(query) << c.filter;
    EXPECT_NE(query.error().detail.find(c.message), std::string::npos)
        << c.filter << ": " << query.error().detail;
  }
}

}  // namespace
}  // namespace agent::queue
