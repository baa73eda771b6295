// Emergencies through the real door.
#include <gtest/gtest.h>

#include <string>

#include "sekisho/v1/emergency.pb.h"
#include "tests/agent/api_services_fixture.h"

namespace agent::api {
namespace {

using grpc::StatusCode;

namespace v1 = sekisho::v1;

class EmergencyTest : public testing::ServicesFixture {
 protected:
  testing::Answer<v1::EmergencyResponse> Block(const std::string& indicator,
                                               const std::string& token = "senior_approver-token") {
    v1::BlockNowRequest request;
    request.add_indicators(indicator);
    request.set_reason("ransomware spreads");
    return Call<v1::EmergencyResponse>("Emergencies/BlockNow", request, token);
  }
  testing::Answer<v1::EmergencyResponse> Unblock(const std::string& indicator, bool dry_run) {
    v1::UnblockNowRequest request;
    request.set_indicator(indicator);
    request.set_reason("the hospital cannot order blood");
    request.set_dry_run(dry_run);
    return Call<v1::EmergencyResponse>("Emergencies/UnblockNow", request, "approver-token");
  }
  testing::Answer<v1::EmergencyResponse> Review(std::int64_t id) {
    v1::ReviewRequest request;
    request.set_id(id);
    request.set_verdict(v1::ReviewRequest::VERDICT_CONFIRM);
    request.set_reason("looked into it");
    return Call<v1::EmergencyResponse>("Emergencies/Review", request, "senior_approver-token");
  }
  v1::ListEmergenciesResponse List(bool all) {
    v1::ListEmergenciesRequest request;
    request.set_all(all);
    return Call<v1::ListEmergenciesResponse>("Emergencies/ListEmergencies", request, "viewer-token")
        .body;
  }
  v1::ExplainResponse Explain(const std::string& indicator) {
    v1::ExplainRequest request;
    request.set_indicator(indicator);
    return Call<v1::ExplainResponse>("Policy/Explain", request, "viewer-token").body;
  }
};

TEST_F(EmergencyTest, Z10_ASeniorApproverBlocksAtOnceAndWhySaysSo) {
  EXPECT_EQ(Block("evil.example", "approver-token").status.error_code(),
            StatusCode::PERMISSION_DENIED);
  const auto answer = Block("hxxp://evil[.]example/login");
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_EQ(Published("proxy"), "url http://evil.example/login\n");
  ASSERT_EQ(answer.body.emergencies_size(), 1);
  EXPECT_EQ(answer.body.emergencies(0).actor(), "senior_approver-name");
  EXPECT_EQ(answer.body.emergencies(0).state(), "open");
  EXPECT_EQ(answer.body.blocks_total(), 1U);
  EXPECT_NE(Why("http://evil.example/login").summary().find("nobody has reviewed yet"),
            std::string::npos);
  EXPECT_EQ(Review(1).status.error_code(), StatusCode::PERMISSION_DENIED)
      << "nobody reviews what they did";
}

TEST_F(EmergencyTest, Z10_AnEmergencyBlockWantsAFewIndicatorsAndAReason) {
  v1::BlockNowRequest request;
  for (int i = 0; i < 21; ++i) request.add_indicators("d" + std::to_string(i) + ".example");
  request.set_reason("seen");
  const auto call = [&] {
    return Call<v1::EmergencyResponse>("Emergencies/BlockNow", request, "senior_approver-token")
        .status.error_code();
  };
  EXPECT_EQ(call(), StatusCode::INVALID_ARGUMENT);
  request.mutable_indicators()->DeleteSubrange(0, 20);
  request.set_reason("");
  EXPECT_EQ(call(), StatusCode::INVALID_ARGUMENT);
  request.set_reason("seen");
  request.add_indicators("D20.example");
  EXPECT_EQ(call(), StatusCode::INVALID_ARGUMENT) << "twice the same";
  EXPECT_EQ(Published("dns"), "");
}

TEST_F(EmergencyTest, E14_AnApproverUnblocksAtOnceAndWhyAndExplainTellOfTheHold) {
  TakeFeed({"domain shop.example"});
  ASSERT_EQ(Approve("shop").decided(), 1U);
  const auto preview = Unblock("www.shop.example", true);
  ASSERT_TRUE(preview.status.ok()) << preview.status.error_message();
  ASSERT_EQ(preview.body.blocks_size(), 1);
  EXPECT_EQ(preview.body.blocks(0).indicator(), "shop.example");
  EXPECT_NE(Published("dns"), "");
  ASSERT_TRUE(Unblock("www.shop.example", false).status.ok());
  EXPECT_EQ(Published("dns"), "");
  const auto why = Why("shop.example");
  EXPECT_FALSE(why.blocked());
  EXPECT_NE(why.summary().find("in an emergency"), std::string::npos) << why.summary();
  ASSERT_GT(why.policy_size(), 0);
  EXPECT_EQ(why.policy(0).code(), "emergency-unblock");
  EXPECT_EQ(Explain("shop.example").reasons(0).code(), "emergency-unblock");
  ASSERT_EQ(List(false).emergencies_size(), 1);
  ASSERT_TRUE(Review(1).status.ok());
  EXPECT_EQ(Review(1).status.error_code(), StatusCode::ABORTED) << "it is closed already";
  EXPECT_EQ(List(false).emergencies_size(), 0);
  ASSERT_EQ(List(true).emergencies_size(), 1);
  EXPECT_EQ(List(true).emergencies(0).reviewer(), "senior_approver-name");
  EXPECT_NE(Explain("shop.example").reasons(0).code(), "emergency-unblock");
}

TEST_F(EmergencyTest, ListsPageByPageNewestFirst) {
  for (const char* name : {"a.example", "b.example", "c.example"}) {
    ASSERT_TRUE(Block(name).status.ok());
  }
  v1::ListEmergenciesRequest request;
  request.set_all(true);
  request.set_limit(2);
  auto page = Call<v1::ListEmergenciesResponse>("Emergencies/ListEmergencies", request).body;
  ASSERT_EQ(page.emergencies_size(), 2);
  EXPECT_EQ(page.emergencies(0).indicator(), "c.example");
  request.set_before(page.next_before());
  page = Call<v1::ListEmergenciesResponse>("Emergencies/ListEmergencies", request).body;
  ASSERT_EQ(page.emergencies_size(), 1);
  EXPECT_EQ(page.emergencies(0).indicator(), "a.example");
  EXPECT_EQ(page.next_before(), 0);
}

}  // namespace
}  // namespace agent::api
