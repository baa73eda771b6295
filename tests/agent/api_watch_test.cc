// What a page asks every few seconds: whether the queue changed, and who else is at it.
#include <gtest/gtest.h>

#include <string>

#include "tests/agent/api_services_fixture.h"

namespace agent::api {
namespace {

namespace v1 = sekisho::v1;

class WatchTest : public testing::ServicesFixture {
 protected:
  v1::WatchResponse Watch(const std::string& token, const std::string& filter = "",
                          std::int64_t id = 0) {
    v1::WatchRequest request;
    request.set_filter(filter);
    request.set_id(id);
    return Call<v1::WatchResponse>("Queue/Watch", request, token).body;
  }
};

TEST_F(WatchTest, TheRevisionGrowsWithNewProposalsAndDecisionsAndStaysOtherwise) {
  const auto before = Watch("approver-token").revision();
  EXPECT_EQ(Watch("approver-token").revision(), before);
  TakeFeed({"domain a.example"});
  const auto proposed = Watch("approver-token").revision();
  EXPECT_GT(proposed, before);
  v1::DecideRequest rejection;
  rejection.set_filter("kind:domain");
  rejection.set_verdict(v1::DecideRequest::VERDICT_REJECT);
  rejection.set_reason("not ours");
  ASSERT_EQ(Call<v1::DecideResponse>("Queue/Decide", rejection, "approver-token").body.decided(),
            1U);
  EXPECT_GT(Watch("approver-token").revision(), proposed);
}

TEST_F(WatchTest, PeopleSeeEachOtherButNotThemselvesUntilOneGoesAway) {
  EXPECT_EQ(Watch("approver-token", "kind:url", 7).others_size(), 0);
  const auto seen = Watch("analyst-token", "kind:ip");
  ASSERT_EQ(seen.others_size(), 1);
  EXPECT_EQ(seen.others(0).filter(), "kind:url");
  EXPECT_EQ(seen.others(0).id(), 7);
  clock_.Advance(std::chrono::seconds(10));
  ASSERT_EQ(Watch("approver-token", "kind:domain").others_size(), 1);
  clock_.Advance(std::chrono::seconds(10));
  const auto later = Watch("viewer-token");
  ASSERT_EQ(later.others_size(), 1) << "the analyst has not said a word for 20 seconds";
  EXPECT_EQ(later.others(0).filter(), "kind:domain");
}

TEST_F(WatchTest, AnOverlongFilterIsRefused) {
  v1::WatchRequest request;
  request.set_filter(std::string(1001, 'x'));
  EXPECT_EQ(Call<v1::WatchResponse>("Queue/Watch", request, "viewer-token").status.error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace agent::api
