#include "tests/agent/api_services_fixture.h"

namespace agent::api::testing {
namespace {

class PolicyServiceTest : public ServicesFixture {
 protected:
  v1::ExplainResponse Explain(const std::string& indicator) {
    v1::ExplainRequest request;
    request.set_indicator(indicator);
    auto answer = Call<v1::ExplainResponse>("Policy/Explain", request, "viewer-token");
    EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
    return answer.body;
  }
  Answer<v1::SimulateResponse> Simulate(const std::string& rules) {
    v1::SimulateRequest request;
    request.set_rules(rules);
    return Call<v1::SimulateResponse>("Policy/Simulate", request);
  }
};

TEST_F(PolicyServiceTest, ExplainsWithEveryNumber) {
  TakeFeed({"domain evil.example"});
  const auto answer = Explain("evil[.]example");
  EXPECT_EQ(answer.outcome(), "proposed");
  EXPECT_EQ(answer.confidence(), 81);
  EXPECT_EQ(answer.confidence_min(), 50);
  EXPECT_EQ(answer.formula(), "1 - (1 - 90%*90%)");
  ASSERT_EQ(answer.opinions_size(), 1);
  EXPECT_EQ(answer.opinions(0).freshness(), "fresh");
  EXPECT_EQ(answer.opinions(0).age_max().seconds(), 30 * 86'400);
  ASSERT_EQ(answer.scopes_size(), 1);
  EXPECT_EQ(answer.scopes(0).enforced_by(0), "dns");
  EXPECT_EQ(answer.scopes(0).lists_size(), 2);
}

TEST_F(PolicyServiceTest, ExplainsWhatIsOnTheAllowlistOrUnknown) {
  TakeFeed({"domain github.com"});
  const auto listed = Explain("github.com");
  EXPECT_EQ(listed.outcome(), "dropped");
  ASSERT_EQ(listed.allowlist_size(), 1);
  EXPECT_EQ(listed.allowlist(0).code(), "url-only");
  EXPECT_EQ(Explain("never-seen.example").formula(),
            "0: no feed that is believed at all names it freshly");
}

TEST_F(PolicyServiceTest, AProposalSaysWhoCanEnforceIt) {
  TakeFeed({"url https://github.com/a/x.zip", "domain evil.example"});
  const auto url = Proposals("kind:url").proposals(0);
  ASSERT_EQ(url.enforced_by_size(), 1);
  EXPECT_EQ(url.enforced_by(0), "proxy-with-tls-inspection");
  ASSERT_EQ(url.lists_size(), 1);
  EXPECT_EQ(url.lists(0), "proxy");
}

TEST_F(PolicyServiceTest, SimulatesStricterRulesWithoutChangingAnything) {
  TakeFeed(Domains(7));
  Approve("within:d0.example");
  const auto before = Proposals().total();
  const auto answer = Simulate("policy: {version: \"2\", confidence_min: 90}\n");
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_EQ(answer.body.version(), "1");
  EXPECT_EQ(answer.body.new_version(), "2");
  EXPECT_EQ(answer.body.candidates(), 7U);
  EXPECT_EQ(answer.body.new_candidates(), 0U);
  std::map<std::string, std::uint64_t> counts;
  for (const auto& change : answer.body.changes()) {
    counts[change.what() + ", " + change.code()] = change.count();
    EXPECT_LE(change.samples_size(), 5);
  }
  EXPECT_EQ(counts, (std::map<std::string, std::uint64_t>{{"leaves list dns, low-confidence", 1},
                                                          {"leaves list proxy, low-confidence", 1},
                                                          {"not proposed, low-confidence", 7}}));
  engine_->Settle();
  EXPECT_EQ(Proposals().total(), before);
  EXPECT_EQ(engine_->world()->policy.version, "1");
}

TEST_F(PolicyServiceTest, SimulatesAFeedThatIsBelievedLess) {
  TakeFeed({"domain evil.example"});
  const auto answer = Simulate(
      "policy: {version: \"1\"}\n"
      "feeds: [{name: urlhaus, reliability: E}, {name: another, reliability: A}]\n");
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  ASSERT_EQ(answer.body.changes_size(), 1);
  EXPECT_EQ(answer.body.changes(0).what(), "not proposed");
}

TEST_F(PolicyServiceTest, RefusesRulesThatAreWrongAndReadsNoEnvironment) {
  EXPECT_EQ(Simulate("policy: {}").status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Simulate("").status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Simulate("policy: {version: \"${HOME}\"}").status.error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(PolicyServiceTest, ARefusalAsAFalsePositiveLowersTheConfidenceLater) {
  TakeFeed({"domain evil.example"});
  v1::DecideRequest request = Approval("confidence>=0");
  request.set_verdict(v1::DecideRequest::VERDICT_REJECT);
  request.set_reason("False positive: our own mail");
  ASSERT_TRUE(Call<v1::DecideResponse>("Queue/Decide", request).status.ok());
  engine_->Settle();
  const auto answer = Explain("evil.example");
  EXPECT_EQ(answer.false_positive_verdicts(), 1U);
  EXPECT_EQ(answer.confidence(), 40);
  EXPECT_EQ(answer.formula(), "(1 - (1 - 90%*90%)) * (1 - 50%)^1");
  EXPECT_EQ(answer.outcome(), "dropped");
}

}  // namespace
}  // namespace agent::api::testing
