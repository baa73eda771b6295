// The policy's rules as people change them, and what becomes of them when the agent starts anew.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/agent/engine_fixture.h"

namespace agent {
namespace {

using std::chrono::hours;
using Lines = std::vector<std::string>;

class EngineRulesTest : public EngineFixture {
 protected:
  void SetUp() override {
    EngineFixture::SetUp();
    TakeAllowlist({"github.com"});
  }
  // Proposed by alice, approved by bob.
  void Set(const std::string& rules) {
    const auto change = engine_->ProposeRules(rules, "alice", "noise");
    ASSERT_TRUE(change) << change.error().detail;
    const auto approved = engine_->DecideRules(
        {change->id, true, "bob", "simulated", policy::Sha256Of(change->rules)});
    ASSERT_TRUE(approved) << approved.error().detail;
    engine_->Settle();
  }
};

constexpr const char* strict = "policy: {version: \"2\", confidence_min: 95}\n";

TEST_F(EngineRulesTest, RulesThatPeopleSetHoldOverARestartUntilTheConfigurationsAreOthers) {
  TakeFeed({"domain evil.example"});
  Set(strict);
  EXPECT_TRUE(Pending().empty());
  Restart();
  EXPECT_EQ(engine_->world()->policy.version, "2");
  TakeAllowlist({"github.com"});
  TakeFeed({"domain evil.example"});
  EXPECT_TRUE(Pending().empty());
  settings_.policy.version = "1b";
  Restart();
  EXPECT_EQ(engine_->world()->policy.version, "1b");
  TakeAllowlist({"github.com"});
  TakeFeed({"domain evil.example"});
  EXPECT_EQ(Pending(), Lines{"domain evil.example"});
  EXPECT_EQ(store_->Read().value()->RuleChanges(9)->front().state, store::RuleState::ended);
  Restart();
  EXPECT_TRUE(HistoryVerifies());
}

TEST_F(EngineRulesTest, RulesHoldFromTheAnswerToTheirApprovalOn) {
  // Much to assess anew, so that what waits for that would be seen to.
  Lines much;
  for (int i = 0; i < 20'000; ++i) much.push_back("domain evil" + std::to_string(i) + ".example");
  TakeFeed(much);
  const auto change = engine_->ProposeRules(strict, "alice", "noise").value();
  ASSERT_TRUE(engine_->DecideRules({change.id, true, "bob", "ok", policy::Sha256Of(change.rules)}));
  EXPECT_EQ(engine_->world()->policy.version, "2");
}

TEST_F(EngineRulesTest, Z7_OtherRulesVoidTheVotesOnWhatIsPending) {
  TakeFeed({"ip 203.0.112.0/23"});
  ASSERT_TRUE(Approve("", "alice"));
  Set("policy: {version: \"2\"}\n");
  ASSERT_TRUE(Approve("", "bob"));
  EXPECT_EQ(Published("firewall"), "") << "alice voted under other rules";
  ASSERT_TRUE(Approve("", "alice"));
  EXPECT_EQ(Published("firewall"), "ip 203.0.112.0/23\n");
}

TEST_F(EngineRulesTest, HowFarAFeedIsBelievedIsPartOfTheRulesAndTheNextOnesBeginAnew) {
  TakeFeed({"domain evil.example"});
  Set("policy: {version: \"2\"}\nfeeds: [{name: urlhaus, reliability: 10}]\n");
  EXPECT_TRUE(Pending().empty());
  Set("policy: {version: \"3\"}\n");
  EXPECT_EQ(Pending(), Lines{"domain evil.example"});
}

TEST_F(EngineRulesTest, Z7_RulesOfSomebodyWhoseRoleChangedAreNotApprovedAnyMore) {
  const auto change = engine_->ProposeRules(strict, "alice", "noise").value();
  ASSERT_TRUE(engine_->Write([](store::Transaction& transaction, const auto&) {
    return transaction.ClearOpenActs({"alice", store::OpenAct::rules}, "left").map([](auto) {});
  }));
  EXPECT_EQ(engine_->DecideRules({change.id, true, "bob", "ok", policy::Sha256Of(change.rules)})
                .error()
                .code,
            policy::ErrorCode::conflict);
}

TEST_F(EngineRulesTest, Z5_RulesThatWaitedForTooLongAreNotApproved) {
  const auto change = engine_->ProposeRules(strict, "alice", "noise").value();
  Pass(hours(24 * 7));
  EXPECT_EQ(engine_->DecideRules({change.id, true, "bob", "ok", policy::Sha256Of(change.rules)})
                .error()
                .code,
            policy::ErrorCode::conflict);
}

}  // namespace
}  // namespace agent
