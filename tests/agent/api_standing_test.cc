// Standing approvals through the API.
#include <string>

#include "sekisho/v1/people.pb.h"
#include "sekisho/v1/standing.pb.h"
#include "tests/agent/api_services_fixture.h"

namespace agent::api::testing {
namespace {

using Code = grpc::StatusCode;
using Response = v1::StandingApprovalResponse;

class StandingServiceTest : public ServicesFixture {
 protected:
  static v1::ProposeStandingApprovalRequest Draft(const std::string& filter = "feed:urlhaus") {
    v1::ProposeStandingApprovalRequest request;
    request.set_filter(filter);
    request.set_reason("URLhaus is right as a rule");
    request.mutable_lifetime()->set_seconds(3 * 86'400);
    request.set_uses_per_day(2);
    return request;
  }
  Answer<Response> Propose(const v1::ProposeStandingApprovalRequest& draft,
                           const std::string& token = "approver-token") {
    return Call<Response>("StandingApprovals/ProposeStandingApproval", draft, token);
  }
  Answer<Response> Approve(const v1::StandingApproval& rule, const std::string& token) {
    v1::ApproveStandingApprovalRequest request;
    request.set_id(rule.id());
    request.set_digest(rule.digest());
    request.set_reason("looked at a week of it");
    auto answer = Call<Response>("StandingApprovals/ApproveStandingApproval", request, token);
    engine_->Settle();
    return answer;
  }
  Answer<v1::ListStandingApprovalsResponse> List(bool all = false) {
    v1::ListStandingApprovalsRequest request;
    request.set_all(all);
    return Call<v1::ListStandingApprovalsResponse>("StandingApprovals/ListStandingApprovals",
                                                   request, "viewer-token");
  }
};

TEST_F(StandingServiceTest, APreviewTellsWhatItWouldApproveAndChangesNothing) {
  TakeFeed(Domains(3));
  auto draft = Draft();
  draft.set_dry_run(true);
  const auto answer = Propose(draft);
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_EQ(answer.body.preview().matched(), 3U);
  EXPECT_EQ(answer.body.preview().would_approve(), 2U) << "no more than it may in a day";
  EXPECT_EQ(answer.body.preview().sample_size(), 2);
  EXPECT_EQ(List(true).body.standing_approvals_size(), 0);
  EXPECT_EQ(Proposals().total(), 3U);
}

TEST_F(StandingServiceTest, TwoOthersMakeItActiveAndWhyNamesTheRule) {
  TakeFeed(Domains(1));
  const auto rule = Propose(Draft()).body.standing_approval();
  EXPECT_EQ(rule.state(), "proposed");
  EXPECT_EQ(rule.proposed_by(), "approver-name");
  EXPECT_EQ(Approve(rule, "approver-token").status.error_code(), Code::PERMISSION_DENIED)
      << "nobody approves what they proposed";
  EXPECT_EQ(Approve(rule, "second-token").body.standing_approval().votes_size(), 1);
  const auto active = Approve(rule, "senior_approver-token");
  ASSERT_TRUE(active.status.ok()) << active.status.error_message();
  EXPECT_EQ(active.body.standing_approval().state(), "active");
  EXPECT_EQ(Published("dns"), "domain d0.example\n");
  const auto why = Why("d0.example");
  EXPECT_TRUE(why.blocked());
  EXPECT_NE(why.summary().find("standing approval 1"), std::string::npos) << why.summary();
  EXPECT_EQ(why.blocks(0).approved_by(0), "standing:1");
  EXPECT_EQ(List().body.standing_approvals(0).uses(), 1U);
  EXPECT_EQ(List().body.standing_approvals(0).uses_today(), 1U);
}

TEST_F(StandingServiceTest, Z3_AnotherDigestIsAConflict) {
  auto rule = Propose(Draft()).body.standing_approval();
  rule.set_digest(std::string(32, 'x'));
  EXPECT_EQ(Approve(rule, "second-token").status.error_code(), Code::ABORTED);
  rule.set_digest("short");
  EXPECT_EQ(Approve(rule, "second-token").status.error_code(), Code::INVALID_ARGUMENT);
}

TEST_F(StandingServiceTest, AnyApproverEndsItAtOnce) {
  const auto rule = Propose(Draft()).body.standing_approval();
  v1::EndStandingApprovalRequest end;
  end.set_id(rule.id());
  end.set_reason("too wide");
  const auto ended = Call<Response>("StandingApprovals/EndStandingApproval", end, "second-token");
  ASSERT_TRUE(ended.status.ok()) << ended.status.error_message();
  EXPECT_EQ(ended.body.standing_approval().ended_by(), "second-name");
  EXPECT_FALSE(ended.body.has_preview());
  EXPECT_EQ(List().body.standing_approvals_size(), 0);
  EXPECT_EQ(List(true).body.standing_approvals_size(), 1);
  EXPECT_EQ(Entries("standing.end").size(), 1U);
}

TEST_F(StandingServiceTest, RefusesAFilterThatIsNoneAndTellsTheColumn) {
  const auto answer = Propose(Draft("feed:urlhaus threta:c2"));
  EXPECT_EQ(answer.status.error_code(), Code::INVALID_ARGUMENT);
  EXPECT_NE(answer.status.error_message().find("column 14"), std::string::npos)
      << answer.status.error_message();
  auto silent = Draft();
  silent.set_reason(" ");
  EXPECT_EQ(Propose(silent).status.error_code(), Code::INVALID_ARGUMENT);
}

TEST_F(StandingServiceTest, Z2_ARuleDiesWithTheRightOfWhoApprovedIt) {
  const auto make = [&](const std::string& name) {
    v1::CreateTokenRequest create;
    create.set_name(name);
    create.set_role("approver");
    return Call<v1::CreateTokenResponse>("Accounts/CreateToken", create, "admin-token").body;
  };
  const auto dora = make("dora");
  const auto rule = Propose(Draft()).body.standing_approval();
  ASSERT_TRUE(Approve(rule, dora.secret()).status.ok());
  ASSERT_TRUE(Approve(rule, "second-token").status.ok());
  v1::RevokeTokenRequest revoke;
  revoke.set_id(dora.token().id());
  ASSERT_TRUE(
      Call<v1::RevokeTokenResponse>("Accounts/RevokeToken", revoke, "admin-token").status.ok());
  EXPECT_EQ(List().body.standing_approvals_size(), 0);
  TakeFeed(Domains(1));
  EXPECT_EQ(Published("dns"), "");
}

}  // namespace
}  // namespace agent::api::testing
