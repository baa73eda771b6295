// The queue in groups: what an approver can judge as a whole.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/agent/api_services_fixture.h"

namespace agent::api {
namespace {

namespace v1 = sekisho::v1;
using By = v1::GroupProposalsRequest;

class GroupsTest : public testing::ServicesFixture {
 protected:
  v1::GroupProposalsResponse Groups(By::By by, const std::string& filter = "",
                                    std::uint32_t limit = 0) {
    v1::GroupProposalsRequest request;
    request.set_by(by);
    request.set_filter(filter);
    request.set_limit(limit);
    return Call<v1::GroupProposalsResponse>("Queue/GroupProposals", request, "viewer-token").body;
  }
  std::map<std::string, std::uint64_t> Counts(By::By by, const std::string& filter = "") {
    std::map<std::string, std::uint64_t> counts;
    const auto groups = Groups(by, filter);
    for (const auto& group : groups.groups()) counts[group.key()] = group.count();
    return counts;
  }
};

using CountOf = std::map<std::string, std::uint64_t>;

TEST_F(GroupsTest, CountByKindMalwareCampaignFeedAndReason) {
  TakeFeed({"domain a.example", "domain b.example", "ip 198.51.100.7/32"});
  EXPECT_EQ(Counts(By::BY_KIND), (CountOf{{"domain", 2}, {"ip", 1}}));
  EXPECT_EQ(Counts(By::BY_MALWARE), (CountOf{{"emotet", 3}}));
  EXPECT_EQ(Counts(By::BY_CAMPAIGN), (CountOf{{"Operation X", 3}}));
  EXPECT_EQ(Counts(By::BY_FEED), (CountOf{{"urlhaus", 3}}));
  EXPECT_EQ(Counts(By::BY_REASON)["fresh"], 3U);
}

TEST_F(GroupsTest, GatherASiteUnderItsRegistrableDomain) {
  TakeFeed({"domain a.evil.example", "domain b.evil.example", "domain other.example",
            "ip 198.51.100.7/32"});
  EXPECT_EQ(Counts(By::BY_SITE), (CountOf{{"evil.example", 2}, {"other.example", 1}}));
}

TEST_F(GroupsTest, GatherANetwork) {
  TakeFeed({"ip 198.51.100.7/32", "ip 198.51.100.200/32", "ip 203.0.113.9/32", "domain a.example"});
  EXPECT_EQ(Counts(By::BY_NETWORK), (CountOf{{"198.51.100.", 2}, {"203.0.113.", 1}}));
}

TEST_F(GroupsTest, GiveTheTermThatFindsTheSameProposals) {
  TakeFeed({"domain a.evil.co.jp", "domain b.evil.co.jp", "ip 198.51.100.7/32",
            "ip 198.51.100.200/32", "ip 203.0.113.9/32"});
  for (const By::By by : {By::BY_KIND, By::BY_MALWARE, By::BY_CAMPAIGN, By::BY_FEED, By::BY_REASON,
                          By::BY_SITE, By::BY_NETWORK}) {
    const auto groups = Groups(by);
    ASSERT_GT(groups.groups_size(), 0) << by;
    for (const auto& group : groups.groups()) {
      ASSERT_FALSE(group.term().empty()) << group.key();
      EXPECT_EQ(Proposals(group.term()).total(), group.count()) << group.term();
    }
  }
}

TEST_F(GroupsTest, HoldOnlyWhatTheFilterLeaves) {
  TakeFeed({"domain a.example", "domain b.example", "ip 198.51.100.7/32"});
  EXPECT_EQ(Counts(By::BY_KIND, "a.ex"), (CountOf{{"domain", 1}}));
  EXPECT_EQ(Counts(By::BY_KIND, "state:rejected"), CountOf{});
}

TEST_F(GroupsTest, TheLargestComeFirstAndTheRestIsCounted) {
  TakeFeed({"domain a.one.jp", "domain b.two.jp", "domain c.two.jp", "domain d.three.jp"});
  const auto groups = Groups(By::BY_SITE, "", 1);
  ASSERT_EQ(groups.groups_size(), 1);
  EXPECT_EQ(groups.groups(0).key(), "two.jp");
  EXPECT_EQ(groups.groups_total(), 3U);
}

TEST_F(GroupsTest, AskByWhat) {
  const auto answer = Call<v1::GroupProposalsResponse>("Queue/GroupProposals",
                                                       v1::GroupProposalsRequest(), "viewer-token");
  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace agent::api
