// What a standing approval approves, and what it never does.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "agent/history/entry.h"
#include "tests/agent/engine_fixture.h"

namespace agent {
namespace {

using policy::ErrorCode;
using std::chrono::hours;
using store::StandingState;
using Lines = std::vector<std::string>;

class EngineStandingTest : public EngineFixture {
 protected:
  void SetUp() override {
    EngineFixture::SetUp();
    TakeAllowlist({"github.com"});
  }

  static queue::StandingDraft Draft(const std::string& filter = "feed:urlhaus confidence>=80") {
    return {filter, hours(24 * 7), 100, hours(24 * 10), "alice", "URLhaus is right as a rule"};
  }
  store::StandingApproval Propose(const queue::StandingDraft& draft = Draft()) {
    auto rule = engine_->ProposeStanding(draft, false);
    EXPECT_TRUE(rule) << rule.error().detail;
    return std::move(*rule);
  }
  policy::Result<store::StandingApproval> Vote(const store::StandingApproval& rule,
                                               const std::string& voter) {
    return engine_->ApproveStanding({rule.id, rule.digest, voter, "looked at a week of it"});
  }
  store::StandingApproval Activate(const queue::StandingDraft& draft = Draft()) {
    const auto rule = Propose(draft);
    EXPECT_TRUE(Vote(rule, "bob"));
    const auto active = Vote(rule, "carol");
    EXPECT_TRUE(active) << active.error().detail;
    engine_->Settle();
    return Stored(rule.id);
  }
  store::StandingApproval Stored(std::int64_t id) {
    return store_->Read().value()->FindStandingApproval(id).value().value();
  }
  Lines Told(const std::string& subject) {
    Lines actions;
    const auto leaves = store_->Read().value()->LeavesAbout(subject, 0, 100).value();
    for (const auto& leaf : leaves) {
      const auto entry = history::ParseLeaf(leaf.leaf).value();
      actions.push_back(entry.actor + " " + entry.action);
    }
    return actions;
  }
};

TEST_F(EngineStandingTest, ApprovesWhatIsProposedFromThenOnAndTheHistoryNamesTheRule) {
  const auto rule = Activate();
  TakeFeed({"domain evil.example"});
  EXPECT_EQ(Published("dns"), "domain evil.example\n");
  EXPECT_EQ(Told("domain evil.example"), Lines{"standing:1 approve"});
  const auto leaf =
      store_->Read().value()->LeavesAbout("domain evil.example", 0, 1).value().front().leaf;
  EXPECT_NE(leaf.find(policy::ToHex(rule.digest)), std::string::npos) << leaf;
  EXPECT_NE(leaf.find(R"("approvers":["bob","carol"])"), std::string::npos) << leaf;
  EXPECT_EQ(Stored(rule.id).uses, 1U);
  EXPECT_TRUE(HistoryVerifies());
}

// Invariant 1: the rule's vote is of exactly what is published.
TEST_F(EngineStandingTest, Invariant1_TheBlockHasAVoteOfExactlyItsDigest) {
  Activate();
  TakeFeed({"domain evil.example"});
  auto reader = store_->Read().value();
  const auto block = reader->BlocksOf(Line("domain evil.example")).value().front();
  EXPECT_EQ(block.approved_by, "standing:1,bob,carol");
  const auto votes = reader->VotesOn(block.proposal_id).value();
  ASSERT_EQ(votes.size(), 1U);
  EXPECT_EQ(votes[0].voter, "standing:1");
  EXPECT_EQ(votes[0].digest, block.digest);
  EXPECT_EQ(reader->FindProposal(block.proposal_id).value()->digest, block.digest);
}

TEST_F(EngineStandingTest, GoesOverTheQueueOnceItIsActive) {
  Lines lines;
  for (int i = 0; i < 1500; ++i) lines.push_back("domain d" + std::to_string(i) + ".example");
  TakeFeed(lines);
  ASSERT_EQ(Pending().size(), 1500U);
  auto draft = Draft();
  draft.uses_per_day = 1000;
  Activate(draft);
  EXPECT_EQ(Pending().size(), 500U) << "no more than it may be used in a day";
  EXPECT_EQ(Stored(1).uses_on_last_day, 1000U);
  TakeFeed({"domain new.example"});
  EXPECT_EQ(Published("dns").find("new.example"), std::string::npos);
  Pass(hours(24));
  TakeFeed({"domain newer.example"});
  EXPECT_NE(Published("dns").find("newer.example"), std::string::npos) << "another day";
}

TEST_F(EngineStandingTest, Z1_TakesTwoPeopleNeitherOfWhomProposedIt) {
  TakeFeed({"domain evil.example"});
  const auto rule = Propose();
  const auto own = Vote(rule, "alice");
  ASSERT_FALSE(own);
  EXPECT_EQ(own.error().code, ErrorCode::not_allowed);
  ASSERT_TRUE(Vote(rule, "bob"));
  ASSERT_TRUE(Vote(rule, "bob"));
  engine_->Settle();
  EXPECT_EQ(Stored(rule.id).state, StandingState::proposed) << "the same person twice";
  EXPECT_EQ(Published("dns"), "");
  ASSERT_TRUE(Vote(rule, "carol"));
  engine_->Settle();
  EXPECT_EQ(Published("dns"), "domain evil.example\n");
  EXPECT_EQ(Told("standing 1"), (Lines{"alice standing.propose", "bob standing.approve",
                                       "bob standing.approve", "carol standing.approve"}));
}

TEST_F(EngineStandingTest, Z3_AVoteBindsToTheRulesDigest) {
  const auto rule = Propose();
  const auto swapped =
      engine_->ApproveStanding({rule.id, policy::Sha256Of("another rule"), "bob", "fine"});
  ASSERT_FALSE(swapped);
  EXPECT_EQ(swapped.error().code, ErrorCode::conflict);
}

TEST_F(EngineStandingTest, Z3_DiesWithTheVersionOfThePolicy) {
  Activate();
  settings_.policy.version = "2";
  Restart();
  TakeAllowlist({"github.com"});
  TakeFeed({"domain evil.example"});
  EXPECT_EQ(Published("dns"), "");
  EXPECT_EQ(Stored(1).state, StandingState::ended);
  EXPECT_EQ(Stored(1).ended_by, "agent");
}

TEST_F(EngineStandingTest, Z3_DiesWithTheRulesThatPeopleReplaceAndLivesOverARestartUnderTheirs) {
  Activate();
  const auto change =
      engine_->ProposeRules("policy: {version: \"2\", confidence_min: 40}\n", "alice", "x").value();
  ASSERT_TRUE(engine_->DecideRules({change.id, true, "bob", "y", policy::Sha256Of(change.rules)}));
  engine_->Settle();
  TakeFeed({"domain evil.example"});
  EXPECT_EQ(Published("dns"), "") << "it was approved under other rules";
  const auto again = Activate();
  EXPECT_EQ(again.policy_version, "2");
  EXPECT_EQ(Published("dns"), "domain evil.example\n");
  Restart();
  EXPECT_EQ(Stored(again.id).state, StandingState::active);
  EXPECT_EQ(Stored(1).state, StandingState::ended);
}

TEST_F(EngineStandingTest, DiesWhenItsBlocksWouldLastLongerThanAnyMay) {
  Activate();
  settings_.queue.lifetime_max = hours(24);
  Restart();
  TakeAllowlist({"github.com"});
  TakeFeed({"domain evil.example"});
  EXPECT_EQ(Published("dns"), "");
  EXPECT_EQ(Stored(1).state, StandingState::ended);
}

TEST_F(EngineStandingTest, Z2_DiesWhenSomebodyWhoApprovedItMayVoteNoMore) {
  Activate();
  ASSERT_TRUE(engine_->Write([](store::Transaction& transaction, const auto&) {
    auto cleared = transaction.ClearOpenActs({"bob", store::OpenAct::standing_vote}, "left");
    EXPECT_EQ(cleared.value(), 1U);
    return policy::Result<void>();
  }));
  EXPECT_EQ(Stored(1).state, StandingState::ended) << "within the very same transaction";
  TakeFeed({"domain evil.example"});
  EXPECT_EQ(Published("dns"), "");
}

TEST_F(EngineStandingTest, AVoteOfLongAgoDoesNotMakeItActive) {
  const auto rule = Propose();
  ASSERT_TRUE(Vote(rule, "bob"));
  Pass(hours(24 * 7) + std::chrono::seconds(1));
  ASSERT_TRUE(Vote(rule, "carol"));
  EXPECT_EQ(Stored(rule.id).state, StandingState::proposed);
}

TEST_F(EngineStandingTest, ExpiresAndMayBeEndedAtOnce) {
  auto draft = Draft();
  draft.valid_for = hours(24);
  Activate(draft);
  Pass(hours(24));
  EXPECT_EQ(Stored(1).state, StandingState::ended);
  TakeFeed({"domain evil.example"});
  EXPECT_EQ(Published("dns"), "");

  const auto second = Propose(Draft("kind:url"));
  ASSERT_TRUE(engine_->EndStanding(second.id, "bob", "too wide"));
  const auto late = Vote(second, "carol");
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::conflict);
  EXPECT_EQ(engine_->EndStanding(second.id, "bob", "again").error().code, ErrorCode::conflict);
}

TEST_F(EngineStandingTest, AnExpiredRuleIsNotUsedEvenBeforeItIsSwept) {
  auto draft = Draft();
  draft.valid_for = hours(1);
  Activate(draft);
  clock_.Advance(hours(1));
  TakeFeed({"domain evil.example"});
  EXPECT_EQ(Published("dns"), "");
}

TEST_F(EngineStandingTest, NeverApprovesWhatTakesTwoPeople) {
  Activate(Draft("feed:urlhaus"));
  TakeFeed({"ip 198.18.0.0/20", "ip 198.19.0.1/32"});
  EXPECT_EQ(Published("firewall"), "ip 198.19.0.1/32\n");
  EXPECT_EQ(Pending(), Lines{"ip 198.18.0.0/20"});
}

TEST_F(EngineStandingTest, NeverPassesTheAllowlist) {
  TakeFeed({"domain cdn.example"});
  ASSERT_EQ(Pending(), Lines{"domain cdn.example"});
  engine_->TakeFetch(ResultOf(feeds::SourceKind::allowlist, "services",
                              AllowlistOf({"github.com", "cdn.example"}),
                              feeds::FetchOutcome::accepted));
  Activate(Draft("feed:urlhaus"));
  EXPECT_EQ(Published("dns"), "");
}

TEST_F(EngineStandingTest, NeverPassesABrake) {
  Lines first;
  for (int i = 0; i < 60; ++i) first.push_back("domain a" + std::to_string(i) + ".example");
  TakeFeed(first);
  ASSERT_TRUE(Approve());
  const std::string before = Published("dns");
  for (int i = 0; i < 300; ++i) first.push_back("domain b" + std::to_string(i) + ".example");
  auto draft = Draft();
  draft.uses_per_day = 1000;
  Activate(draft);
  TakeFeed(first);
  EXPECT_EQ(Published("dns"), before);
  EXPECT_EQ(store_->Read().value()->OpenBrakes().value().size(), 1U);
}

TEST_F(EngineStandingTest, LeavesToPeopleWhatAPersonProposedRejectedOrPutOff) {
  TakeFeed({"domain no.example", "domain later.example"});
  ASSERT_TRUE(engine_->Decide(All("no.example"), {"bob", store::Verdict::reject, "ours"}, false));
  ASSERT_TRUE(engine_->Decide(All("later.example"), {"bob", store::Verdict::defer, "ask"}, false));
  ASSERT_TRUE(engine_->ProposeByPerson(Line("domain mine.example"), "alice", "phishing", {}));
  Activate(Draft("example"));
  TakeFeed({"domain no.example", "domain later.example", "domain mine.example"});
  EXPECT_EQ(Published("dns"), "");
}

TEST_F(EngineStandingTest, LeavesToPeopleWhatTheyCalledAFalsePositiveBefore) {
  TakeFeed({"domain shop.example"});
  ASSERT_TRUE(engine_->Decide(All("shop.example"),
                              {"bob", store::Verdict::reject, "false positive: our shop"}, false));
  settings_.policy.false_positive_penalty_percent = 0;
  Restart();
  TakeAllowlist({"github.com"});
  Activate(Draft("feed:urlhaus"));
  Pass(hours(24 * 9));
  Pass(hours(24 * 21) + hours(1));
  Activate(Draft("feed:urlhaus"));
  TakeFeed({"domain shop.example"});
  EXPECT_EQ(Pending(), Lines{"domain shop.example"}) << "the rejection has lapsed";
  EXPECT_EQ(Published("dns"), "");
}

TEST_F(EngineStandingTest, DoesNotUndoAnEmergencyUnblock) {
  Activate();
  TakeFeed({"domain evil.example"});
  ASSERT_TRUE(engine_->UnblockNow(Line("domain evil.example"), false, "bob", "orders fail", false));
  EXPECT_EQ(Published("dns"), "");
  TakeFeed({"domain evil.example", "domain www.evil.example"}, hours(2));
  EXPECT_EQ(Published("dns"), "domain www.evil.example\n");
}

TEST_F(EngineStandingTest, IsUsedAgainAfterARestart) {
  Activate();
  Restart();
  TakeAllowlist({"github.com"});
  TakeFeed({"domain evil.example"});
  EXPECT_EQ(Published("dns"), "domain evil.example\n");
}

TEST_F(EngineStandingTest, RestsWhileTheClockIsNotToBeBelieved) {
  Activate();
  Pass(std::chrono::seconds(1));
  clock_.Set(clock_.Now() + hours(2));
  engine_->Tick();
  TakeFeed({"domain evil.example"});
  EXPECT_EQ(Published("dns"), "");
}

TEST_F(EngineStandingTest, RefusesRulesThatSayTooMuch) {
  const auto error = [&](auto change) {
    auto draft = Draft();
    change(draft);
    const auto rule = engine_->ProposeStanding(draft, false);
    return rule ? "(taken)" : rule.error().detail;
  };
  EXPECT_NE(error([](auto& d) { d.filter = " "; }).find("needs a filter"), std::string::npos);
  EXPECT_NE(error([](auto& d) { d.filter = "\"a\nlifetime 1\""; }).find("of one line"),
            std::string::npos);
  EXPECT_NE(error([](auto& d) { d.filter = "threta:c2"; }).find("column 1"), std::string::npos);
  EXPECT_NE(error([](auto& d) { d.filter = "state:deferred"; }).find("state:"), std::string::npos);
  EXPECT_NE(error([](auto& d) { d.filter = "two:yes"; }).find("two:yes"), std::string::npos);
  EXPECT_NE(error([](auto& d) { d.reason = ""; }).find("reason"), std::string::npos);
  EXPECT_NE(error([](auto& d) { d.lifetime = hours(24 * 91); }).find("90d"), std::string::npos);
  EXPECT_NE(error([](auto& d) { d.valid_for = hours(24 * 31); }).find("30d"), std::string::npos);
  EXPECT_NE(error([](auto& d) { d.uses_per_day = 1001; }).find("at most 1000 times"),
            std::string::npos);
}

TEST_F(EngineStandingTest, ThereAreNeverMoreThanFiftyRules) {
  for (int i = 0; i < 50; ++i) Propose();
  const auto more = engine_->ProposeStanding(Draft(), false);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, ErrorCode::exhausted);
  ASSERT_TRUE(engine_->EndStanding(7, "bob", "enough"));
  EXPECT_TRUE(engine_->ProposeStanding(Draft(), false));
}

TEST_F(EngineStandingTest, AnApprovalWantsAConfirmedSession) {
  const auto rule = Propose();
  const auto refused = engine_->ApproveStanding({rule.id, rule.digest, "bob", "fine", true});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::not_allowed);
  EXPECT_TRUE(refused.error().detail.starts_with(queue::step_up_required));
}

}  // namespace
}  // namespace agent
