// The policy's rules as people change them, through the real door.
#include <gtest/gtest.h>

#include <string>

#include "sekisho/v1/rules.pb.h"
#include "tests/agent/api_services_fixture.h"

namespace agent::api {
namespace {

using grpc::StatusCode;

namespace v1 = sekisho::v1;

class RulesTest : public testing::ServicesFixture {
 protected:
  v1::GetRulesResponse Get() {
    return Call<v1::GetRulesResponse>("Rules/GetRules", v1::GetRulesRequest(), "viewer-token").body;
  }
  testing::Answer<v1::RuleChangeResponse> Propose(const std::string& rules) {
    v1::ProposeRulesRequest request;
    request.set_rules(rules);
    request.set_reason("too much noise");
    return Call<v1::RuleChangeResponse>("Rules/ProposeRules", request, "approver-token");
  }
  testing::Answer<v1::RuleChangeResponse> Decide(const v1::RuleChange& change, bool approve,
                                                 const std::string& token) {
    v1::DecideRulesRequest request;
    request.set_id(change.id());
    request.set_approve(approve);
    request.set_digest(change.digest());
    request.set_reason("simulated");
    auto answer = Call<v1::RuleChangeResponse>("Rules/DecideRules", request, token);
    engine_->Settle();
    return answer;
  }
};

constexpr const char* strict = "policy: {version: \"2\", confidence_min: 95}\n";

TEST_F(RulesTest, Z4_OtherRulesHoldAtOnceWhenAnotherPersonApprovedThem) {
  TakeFeed({"domain evil.example"});
  ASSERT_EQ(Proposals().total(), 1U);
  EXPECT_EQ(Get().version(), "1");
  EXPECT_FALSE(Get().has_change());
  const auto proposed = Propose(strict);
  ASSERT_TRUE(proposed.status.ok()) << proposed.status.error_message();
  const v1::RuleChange& change = proposed.body.change();
  EXPECT_EQ(Decide(change, true, "approver-token").status.error_code(),
            StatusCode::PERMISSION_DENIED)
      << "nobody approves what they proposed";
  EXPECT_EQ(Decide(change, true, "admin-token").status.error_code(), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(Proposals().total(), 1U) << "one person is not enough";
  const auto approved = Decide(change, true, "senior_approver-token");
  ASSERT_TRUE(approved.status.ok()) << approved.status.error_message();
  EXPECT_EQ(Proposals().total(), 0U) << "90 is less than 95";
  EXPECT_EQ(Get().version(), "2");
  EXPECT_NE(Get().rules().find("confidence_min: 95"), std::string::npos);
  EXPECT_EQ(Get().change().decided_by(), "senior_approver-name");
  EXPECT_EQ(Get().configured_version(), "1");
}

TEST_F(RulesTest, AnApprovalBindsToWhatWasSeenAndToTheRulesItWasProposedAgainst) {
  const auto first = Propose(strict).body.change();
  const auto second = Propose("policy: {version: \"3\", confidence_min: 60}\n").body.change();
  auto other = first;
  other.set_digest(second.digest());
  EXPECT_EQ(Decide(other, true, "senior_approver-token").status.error_code(), StatusCode::ABORTED);
  ASSERT_TRUE(Decide(first, true, "senior_approver-token").status.ok());
  EXPECT_EQ(Decide(first, true, "senior_approver-token").status.error_code(), StatusCode::ABORTED);
  EXPECT_EQ(Decide(second, true, "senior_approver-token").status.error_code(), StatusCode::ABORTED)
      << "it was proposed against other rules";
  EXPECT_EQ(Decide(second, false, "approver-token").body.change().state(), "rejected");
}

TEST_F(RulesTest, AMistakeAUsedVersionAndAnUnknownFeedAreRefusedAndNothingElseOfAFileIsKept) {
  EXPECT_EQ(Propose("policy: {version: \"2\", confidence_mni: 95}\n").status.error_code(),
            StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Propose("policy: {version: \"1\"}\n").status.error_code(), StatusCode::ABORTED);
  EXPECT_EQ(Propose("policy: {version: \"2\", lifetime_max: 900d}\n").status.error_code(),
            StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(Propose("policy: {version: \"2\"}\nfeeds: [{name: nobody}]\n").status.error_code(),
            StatusCode::INVALID_ARGUMENT);
  const auto kept = Propose(
      "secret: hunter2\npolicy: {version: \"2\"}\nfeeds: [{name: urlhaus, reliability: C, url: "
      "\"https://feeds.example/?key=hunter2\"}]\n");
  ASSERT_TRUE(kept.status.ok()) << kept.status.error_message();
  EXPECT_EQ(kept.body.change().rules().find("hunter2"), std::string::npos);
  EXPECT_NE(kept.body.change().rules().find("reliability: 50"), std::string::npos);
}

}  // namespace
}  // namespace agent::api
