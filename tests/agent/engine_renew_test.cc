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

}  // namespace
}  // namespace agent
