// Blocks in force that people have end later.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/agent/engine_fixture.h"

namespace agent {
namespace {

using policy::ErrorCode;
using std::chrono::hours;

constexpr auto day = hours(24);

class RenewTest : public EngineFixture {
 protected:
  policy::Result<DecideReport> Renew(const std::string& voter,
                                     std::optional<std::chrono::seconds> lifetime = {},
                                     std::int64_t id = 1) {
    queue::Ballot ballot{voter, store::Verdict::approve, "still active"};
    ballot.lifetime = lifetime;
    return engine_->Renew({id}, ballot);
  }
  store::Block Block(std::int64_t id = 1) {
    return store_->Read().value()->FindBlock(id).value().value();
  }
  std::vector<store::Proposal> All() {
    store::ProposalQuery any;
    return store_->Read().value()->ListProposals(any, {}, 100).value();
  }
  // Blocked by alice's vote; six days later.
  void BlockEvil() {
    TakeAllowlist({"github.com"});
    TakeFeed({"domain evil.example"});
    ASSERT_EQ(Approve()->decided, 1U);
    Pass(6 * day);
    TakeFeed({"domain evil.example"});
  }
  // Blocked by alice's and bob's votes; two days later.
  void BlockAWidePrefix() {
    TakeAllowlist({"github.com"});
    TakeFeed({"ip 192.0.2.0/23"});
    ASSERT_EQ(Approve("", "alice")->awaiting, 1U);
    ASSERT_EQ(Approve("", "bob")->decided, 1U);
    Pass(2 * day);
  }
};

TEST_F(RenewTest, OneApproverHasItEndLaterWithTheNextRelease) {
  BlockEvil();
  const auto release = publication_->Current("dns")->release;
  const auto done = Renew("bob");
  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_EQ(done->decided, 1U);
  EXPECT_EQ(done->release, release + 1);
  EXPECT_EQ(Block().expires_at, clock_.Now() + 7 * day);
  EXPECT_EQ(Block().approved_by, "alice,bob");
  EXPECT_EQ(All().size(), 1U);
  EXPECT_EQ(All()[0].state, store::ProposalState::approved);
  EXPECT_EQ(All()[0].digest, Block().digest);
  Pass(2 * day);
  EXPECT_EQ(Published("dns"), "domain evil.example\n") << "its first end is over";
  Pass(6 * day);
  EXPECT_EQ(Published("dns"), "");
  const std::vector<std::string> told{"alice approve", "bob approve", "bob renew", "agent unblock"};
  EXPECT_EQ(Told("domain evil.example"), told);
  EXPECT_TRUE(HistoryVerifies());
}

TEST_F(RenewTest, ItOutlivesARestart) {
  BlockEvil();
  ASSERT_TRUE(Renew("bob", 30 * day));
  Restart();
  EXPECT_EQ(Published("dns"), "domain evil.example\n");
  EXPECT_EQ(Block().expires_at, clock_.Now() + 30 * day);
}

TEST_F(RenewTest, WhatNoFeedReportsAnyMoreTakesAnotherPerson) {
  TakeAllowlist({"github.com"});
  TakeFeed({"domain other.example"});
  ASSERT_TRUE(engine_->ProposeByPerson(Line("domain evil.example"), "alice", "a mail", {}));
  ASSERT_EQ(Approve("evil.example", "bob")->decided, 1U);
  Pass(6 * day);
  const auto asked = Renew("carol");
  ASSERT_TRUE(asked) << asked.error().detail;
  EXPECT_EQ(asked->decided, 0U);
  EXPECT_EQ(asked->awaiting, 1U);
  EXPECT_EQ(Pending("reason:renewal"), std::vector<std::string>{"domain evil.example"});
  EXPECT_EQ(Renew("carol")->awaiting, 1U) << "nobody approves what they proposed";
  const auto before = Block().expires_at;
  EXPECT_EQ(Approve("reason:renewal", "bob")->decided, 1U);
  EXPECT_EQ(Block().expires_at, clock_.Now() + 7 * day);
  EXPECT_GT(Block().expires_at, before);
  EXPECT_EQ(Published("dns"), "domain evil.example\n");
  EXPECT_EQ(store_->Read().value()->CountBlocks(true).value(), 1U);
}

TEST_F(RenewTest, EarlierVotesDoNotCountForIt) {
  BlockAWidePrefix();
  EXPECT_EQ(Renew("alice", 7 * day)->awaiting, 1U);
  EXPECT_EQ(Renew("alice", 7 * day)->awaiting, 1U);
  EXPECT_EQ(Renew("bob", 7 * day)->decided, 1U);
  EXPECT_EQ(Block().expires_at, clock_.Now() + 7 * day);
}

TEST_F(RenewTest, AWaitingRenewalIsNotProposedTwiceOnceTheBlockHasEnded) {
  TakeAllowlist({"github.com"});
  TakeFeed({"domain evil.example", "domain other.example"});
  ASSERT_EQ(Approve("evil.example")->decided, 1U);
  Pass(6 * day);
  TakeFeed({"domain other.example"});
  ASSERT_TRUE(engine_->ProposeByPerson(Line("domain manual.example"), "alice", "a mail", {}));
  ASSERT_EQ(Approve("manual.example", "bob")->decided, 1U);
  Pass(6 * day);
  ASSERT_EQ(Renew("carol", {}, 2)->awaiting, 1U);
  TakeFeed({"domain manual.example", "domain other.example"});
  Pass(2 * day);
  EXPECT_EQ(Published("dns"), "");
  EXPECT_EQ(Pending("manual.example").size(), 1U);
  EXPECT_EQ(Approve("manual.example", "bob")->decided, 1U);
  EXPECT_EQ(Published("dns"), "domain manual.example\n");
}

TEST_F(RenewTest, ARejectedRenewalEndsNothingEarlyAndIsNotAskedForAgainByThePolicy) {
  BlockAWidePrefix();
  ASSERT_EQ(Renew("alice")->awaiting, 1U);
  ASSERT_TRUE(
      engine_->Decide(EngineFixture::All(), {"carol", store::Verdict::reject, "enough"}, false));
  EXPECT_EQ(Published("firewall"), "ip 192.0.2.0/23\n");
  const auto again = Renew("bob");
  EXPECT_EQ(again->refused_total, 1U);
  Pass(5 * day);
  EXPECT_EQ(Published("firewall"), "");
  EXPECT_TRUE(Pending().empty());
}

TEST_F(RenewTest, ARevokedBlockTakesItsWaitingRenewalAlong) {
  BlockAWidePrefix();
  ASSERT_EQ(Renew("alice")->awaiting, 1U);
  ASSERT_TRUE(engine_->Revoke({1}, {}, "carol", "ours"));
  engine_->Settle();
  EXPECT_TRUE(Pending().empty());
  EXPECT_EQ(Published("firewall"), "");
}

TEST_F(RenewTest, WhatABrakeHoldsAtItsEndIsNotApprovedBeforeThat) {
  settings_.changes.removed_percent_max = 10;
  settings_.changes.entries_min = 1;
  Restart();
  BlockAWidePrefix();
  ASSERT_EQ(Renew("alice")->awaiting, 1U);
  Pass(6 * day);
  ASSERT_EQ(Published("firewall"), "ip 192.0.2.0/23\n") << "a brake holds it";
  const auto refused = Approve("reason:renewal", "carol");
  ASSERT_EQ(refused->refused.size(), 1U);
  EXPECT_NE(refused->refused[0].reason.find("a brake holds that"), std::string::npos);
  EXPECT_EQ(store_->Read().value()->CountBlocks(true).value(), 1U);
}

TEST_F(RenewTest, RefusesWhatIsOverShorterOrAnEmergencys) {
  BlockEvil();
  const auto shorter = Renew("bob", hours(2));
  ASSERT_EQ(shorter->refused_total, 1U);
  EXPECT_NE(shorter->refused[0].reason.find("it ends later"), std::string::npos);
  EXPECT_EQ(Renew("bob", day * 91).error().code, ErrorCode::not_allowed);
  EXPECT_EQ(Renew("bob", {}, 99).error().code, ErrorCode::not_found);
  ASSERT_TRUE(engine_->BlockNow({Line("domain worse.example")}, "alice", "now"));
  const auto emergency = Renew("bob", {}, 2);
  ASSERT_EQ(emergency->refused_total, 1U);
  EXPECT_NE(emergency->refused[0].reason.find("emergency"), std::string::npos);
  Pass(2 * day);
  const auto over = Renew("bob");
  ASSERT_EQ(over->refused_total, 1U);
  EXPECT_NE(over->refused[0].reason.find("it has ended: expired"), std::string::npos);
}

TEST_F(RenewTest, WhatTheAllowlistProtectsNowIsNotRenewed) {
  BlockEvil();
  Take(feeds::SourceKind::allowlist, "services", AllowlistOf({"evil.example"}));
  const auto done = Renew("bob");
  ASSERT_EQ(done->refused_total, 1U);
  EXPECT_EQ(Pending("state:pending").size(), 0U);
}

TEST_F(RenewTest, FeedsSupportItOnlyWhereThePolicyWouldProposeIt) {
  settings_.policy.propose_hosts_of_urls = false;
  Restart();
  TakeAllowlist({"github.com"});
  TakeFeed({"url http://evil.example/a"});
  ASSERT_TRUE(engine_->ProposeByPerson(Line("domain evil.example"), "alice", "a mail", {}));
  ASSERT_EQ(Approve("kind:domain", "bob")->decided, 1U);
  Pass(6 * day);
  TakeFeed({"url http://evil.example/a"});
  EXPECT_EQ(Renew("alice")->awaiting, 1U) << "a URL on it is not it";
  EXPECT_EQ(Approve("reason:renewal", "alice")->decided, 0U) << "it is her own";
  EXPECT_EQ(Approve("reason:renewal", "bob")->decided, 1U);
  EXPECT_EQ(Published("dns"), "domain evil.example\n");
}

TEST_F(RenewTest, APartOfAPrefixIsStillThePolicysProposal) {
  TakeAllowlist({"192.0.2.7"});
  TakeFeed({"ip 192.0.2.0/29"});
  ASSERT_EQ(Approve("")->decided, 3U) << "0/30, 4/31 and 6/32";
  Pass(6 * day);
  TakeFeed({"ip 192.0.2.0/29"});
  EXPECT_EQ(Renew("alice")->decided, 1U);
  EXPECT_FALSE(Block().manual) << "it ends with what the feed says";
}

TEST_F(RenewTest, MoreThanOnePersonMayApproveAtOnceTakesTwo) {
  settings_.queue.bulk_alone_max = 2;
  Restart();
  TakeAllowlist({"github.com"});
  const std::vector<std::string> three{"domain a.example", "domain b.example", "domain c.example"};
  TakeFeed(three);
  for (const char* name : {"a.example", "b.example", "c.example"}) {
    ASSERT_EQ(Approve(name)->decided, 1U);
  }
  Pass(6 * day);
  TakeFeed(three);
  queue::Ballot ballot{"bob", store::Verdict::approve, "still active"};
  ballot.needs_step_up = true;
  const auto unconfirmed = engine_->Renew({1, 2, 3}, ballot);
  ASSERT_FALSE(unconfirmed);
  EXPECT_TRUE(unconfirmed.error().detail.starts_with(queue::step_up_required));
  ballot.needs_step_up = false;
  EXPECT_EQ(engine_->Renew({1, 2, 3}, ballot)->awaiting, 3U);
  ballot.voter = "carol";
  EXPECT_EQ(engine_->Renew({1, 2, 3}, ballot)->decided, 3U);
  EXPECT_EQ(engine_->Renew({1, 1}, ballot)->matched, 1U) << "each once";
}

TEST_F(RenewTest, NobodyApprovesALifetimeThatSomebodyElseChose) {
  BlockAWidePrefix();
  EXPECT_EQ(Renew("alice", 90 * day)->awaiting, 1U);
  EXPECT_EQ(Renew("bob")->awaiting, 1U) << "he means that of any block";
  EXPECT_EQ(Renew("carol", 90 * day)->decided, 1U);
  EXPECT_EQ(Block().approved_by, "alice,bob,carol");
  EXPECT_EQ(Block().expires_at, clock_.Now() + 90 * day);
}

TEST_F(RenewTest, Z7_OtherRulesVoidTheVotesForIt) {
  BlockAWidePrefix();
  EXPECT_EQ(Renew("alice", 30 * day)->awaiting, 1U);
  const auto change =
      engine_->ProposeRules("policy: {version: \"2\", confidence_min: 40}\n", "dave", "x").value();
  ASSERT_TRUE(engine_->DecideRules({change.id, true, "erin", "y", policy::Sha256Of(change.rules)}));
  engine_->Settle();
  ASSERT_EQ(Pending("reason:renewal").size(), 1U);
  EXPECT_EQ(All().back().policy_version, "2");
  EXPECT_EQ(All().back().lifetime, 30 * day) << "what alice wanted is still what is asked";
  EXPECT_EQ(Renew("bob", 30 * day)->awaiting, 1U) << "alice voted under other rules";
  EXPECT_EQ(Renew("alice", 30 * day)->decided, 1U);
}

TEST_F(RenewTest, WhatTakesTwoSinceItsApprovalWaitsForTheOther) {
  BlockEvil();
  settings_.world.allowlists[0].source.effect = policy::AllowEffect::review;
  Restart();
  TakeAllowlist({"evil.example"});
  TakeFeed({"domain evil.example"});
  ASSERT_EQ(Published("dns"), "domain evil.example\n");
  EXPECT_EQ(Renew("bob")->awaiting, 1U);
  EXPECT_EQ(Renew("carol")->decided, 1U);
}

}  // namespace
}  // namespace agent
