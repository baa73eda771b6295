// The engine with a real store and history, and a clock in the test's hand.

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "agent/history/verifier.h"
#include "agent/queue/filter.h"
#include "tests/agent/engine_fixture.h"

namespace agent {
namespace {

using policy::ErrorCode;
using std::chrono::hours;
using std::chrono::minutes;
using Lines = std::vector<std::string>;

using EngineTest = EngineFixture;

TEST_F(EngineTest, PublishesEmptyListsAtTheFirstStart) {
  EXPECT_EQ(Published("dns"), "");
  EXPECT_EQ(Published("firewall"), "");
  EXPECT_EQ(publication_->Current("dns")->release, 1U);
}

TEST_F(EngineTest, BringsAnIndicatorFromTheFeedToTheLists) {
  TakeAllowlist({"github.com"});
  TakeFeed({"domain evil.example", "ip 192.0.2.1/32"});
  EXPECT_EQ(Pending(), (std::vector<std::string>{"domain evil.example", "ip 192.0.2.1/32"}));
  const auto report = Approve();
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report->decided, 2U);
  EXPECT_EQ(report->release, 2U);
  EXPECT_EQ(Published("dns"), "domain evil.example\n");
  EXPECT_EQ(Published("firewall"), "ip 192.0.2.1/32\n");
  EXPECT_EQ(Published("proxy"), "domain evil.example\nip 192.0.2.1/32\n");
  EXPECT_TRUE(HistoryVerifies());
}

TEST_F(EngineTest, ProposesTheHostOfAUrlUnlessItIsShared) {
  TakeAllowlist({"github.com"});
  TakeFeed(
      {"url http://evil.example/a", "url http://evil.example/b", "url https://github.com/x/y.exe"});
  EXPECT_EQ(Pending(),
            (std::vector<std::string>{"domain evil.example", "url https://github.com/x/y.exe"}));
}

TEST_F(EngineTest, ProposesTheUrlsWhenPeopleRefuseTheirHost) {
  TakeAllowlist({"github.com"});
  TakeFeed({"url http://evil.example/a"});
  ASSERT_TRUE(
      engine_->Decide(All("kind:domain"), {"alice", store::Verdict::reject, "hacked shop"}, false));
  engine_->Settle();
  EXPECT_EQ(Pending(), std::vector<std::string>{"url http://evil.example/a"});
}

// Invariant 1.
TEST_F(EngineTest, Invariant1_NothingIsPublishedWithoutAnApprovalOfExactlyItsDigest) {
  TakeAllowlist({"github.com"});
  TakeFeed({"domain evil.example"});
  auto reader = store_->Read().value();
  const auto proposal = reader->FindProposal(Line("domain evil.example")).value().value();
  reader.reset();
  Selection selection{{proposal.id}, {policy::Sha256Of("something else")}};
  const auto refused =
      engine_->Decide(selection, {"alice", store::Verdict::approve, "swapped"}, false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_EQ(Published("dns"), "");
  selection.digests = {proposal.digest};
  ASSERT_TRUE(engine_->Decide(selection, {"alice", store::Verdict::approve, "seen"}, false));
  EXPECT_EQ(Published("dns"), "domain evil.example\n");
}

// Invariant 2, both directions, also for what is in force.
TEST_F(EngineTest, Invariant2_AnAllowlistChangeTakesOutWhatItCoversAndWhatCoversIt) {
  TakeAllowlist({"github.com"});
  TakeFeed(
      {"domain a.shop.example", "domain evil.example", "domain parent.example", "ip 192.0.2.0/28"});
  ASSERT_TRUE(Approve());
  TakeAllowlist({"github.com", "shop.example", "child.parent.example", "192.0.2.7/32"});
  EXPECT_EQ(Published("dns"), "domain evil.example\n");
  EXPECT_EQ(Published("firewall"), "");
  for (const std::string& line : Pending()) {
    EXPECT_NE(line, "ip 192.0.2.0/28");
    EXPECT_NE(line, "ip 192.0.2.7/32");
  }
  EXPECT_TRUE(HistoryVerifies());
}

TEST_F(EngineTest, Invariant2_NothingIsApprovedBeforeTheAllowlistWasLoaded) {
  TakeAllowlist({"github.com"});
  TakeFeed({"domain evil.example"});
  Restart();
  const auto report = Approve();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->decided, 0U);
  ASSERT_EQ(report->refused.size(), 1U);
  EXPECT_NE(report->refused[0].reason.find("services"), std::string::npos);
  EXPECT_EQ(Published("dns"), "");
}

// Invariant 3.
TEST_F(EngineTest, Invariant3_AnApprovedUrlIsOnNoListOfNamesOrAddresses) {
  TakeAllowlist({"github.com"});
  TakeFeed({"url https://github.com/x/y.exe"});
  ASSERT_TRUE(Approve());
  EXPECT_EQ(Published("dns"), "");
  EXPECT_EQ(Published("firewall"), "");
  EXPECT_EQ(Published("proxy"), "url https://github.com/x/y.exe\n");
}

// Invariant 4.
TEST_F(EngineTest, Invariant4_AnExpiredBlockLeavesTheLists) {
  TakeAllowlist({"github.com"});
  TakeFeed({"domain evil.example"});
  ASSERT_TRUE(Approve());
  Pass(hours(24 * 7) - minutes(1));
  EXPECT_EQ(Published("dns"), "domain evil.example\n");
  Pass(minutes(1));
  EXPECT_EQ(Published("dns"), "");
}

TEST_F(EngineTest, Invariant4_AStaleBlockLeavesTheLists) {
  TakeAllowlist({"github.com"});
  TakeFeed({"domain evil.example", "domain bad.example"});
  ASSERT_TRUE(Approve());
  TakeFeed({"domain bad.example"});
  EXPECT_EQ(Published("dns"), "domain bad.example\n");
}

TEST_F(EngineTest, Invariant4_ARevokedBlockLeavesTheListsAtOnce) {
  TakeAllowlist({"github.com"});
  TakeFeed({"domain evil.example"});
  ASSERT_TRUE(Approve());
  const auto report = engine_->Revoke({}, Line("domain evil.example"), "alice", "a mistake");
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report->revoked, 1U);
  EXPECT_EQ(Published("dns"), "");
}

TEST_F(EngineTest, AFeedDoesNotBringBackWhatAPersonRevoked) {
  TakeAllowlist({"github.com"});
  TakeFeed({"domain evil.example"});
  ASSERT_TRUE(Approve());
  ASSERT_TRUE(engine_->Revoke({}, Line("domain evil.example"), "alice", "a mistake"));
  TakeFeed({"domain evil.example", "domain bad.example"});
  EXPECT_EQ(Pending(), std::vector<std::string>{"domain bad.example"});
}

TEST_F(EngineTest, AsksAgainAtOnceWhenABlockExpiresThatFeedsStillSupport) {
  TakeAllowlist({"github.com"});
  TakeFeed({"domain evil.example"}, std::chrono::seconds(0));
  auto ballot = queue::Ballot{"alice", store::Verdict::approve, "seen", minutes(2)};
  ASSERT_TRUE(engine_->Decide(All(), ballot, false));
  EXPECT_TRUE(Pending().empty());
  Pass(minutes(3));
  EXPECT_EQ(Published("dns"), "");
  EXPECT_EQ(Pending(), std::vector<std::string>{"domain evil.example"});
}

TEST_F(EngineTest, AsksAgainOnceARejectionHasLapsed) {
  settings_.queue.rejection_lifetime = std::chrono::hours(1);
  Restart();
  TakeAllowlist({"github.com"});
  TakeFeed({"domain evil.example"});
  ASSERT_TRUE(engine_->Decide(All(), {"alice", store::Verdict::reject, "not now"}, false));
  engine_->Settle();
  EXPECT_EQ(Pending(), Lines{});
  Pass(std::chrono::hours(2));
  EXPECT_EQ(Pending(), Lines{"domain evil.example"});
}

TEST_F(EngineTest, ProposesAnewWhatWentAndCameBackAsItWas) {
  TakeAllowlist({"github.com"});
  TakeFeed({"domain evil.example", "domain bad.example"});
  TakeFeed({"domain bad.example"});
  EXPECT_EQ(Pending(), Lines{"domain bad.example"});
  TakeFeed({"domain evil.example", "domain bad.example"});
  EXPECT_EQ(Pending(), (Lines{"domain bad.example", "domain evil.example"}));
  TakeAllowlist({"bad.example"});
  EXPECT_EQ(Pending(), Lines{"domain evil.example"});
  TakeAllowlist({"github.com"});
  EXPECT_EQ(Pending(), (Lines{"domain bad.example", "domain evil.example"}));
}

// Whatever happens, an agent that remembers what it proposed has the queue that one has which
// knows nothing and compares everything with its store.
TEST_F(EngineTest, WhatIsRememberedOfProposalsHidesNone) {
  settings_.queue.rejection_lifetime = std::chrono::hours(5);
  Restart();
  std::mt19937 random(20261124);  // NOLINT(cert-msc51-cpp): the same each time
  const auto dice = [&random](std::size_t sides) { return random() % sides; };
  const std::vector<std::string> all{"domain evil.example",       "domain bad.example",
                                     "url http://evil.example/a", "url http://evil.org/a",
                                     "url http://evil.org/b",     "ip 192.0.2.1/32",
                                     "ip 198.51.100.0/24",        "domain deep.evil.example"};
  const std::vector<std::string> allowed{"github.com", "evil.example", "evil.org", "198.51.100.7"};
  std::vector<std::string> feed;
  std::string allow = "github.com";
  for (int step = 0; step < 40; ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    switch (dice(8)) {
      case 0: allow = allowed[dice(allowed.size())]; break;
      case 1: (void)Approve("", dice(2) == 0 ? "alice" : "bob"); break;
      case 2:
        (void)engine_->Decide(All(dice(2) == 0 ? "kind:domain" : "kind:url"),
                              {"alice", store::Verdict::reject, "false positive"}, false);
        break;
      case 3: (void)engine_->Revoke({}, Line(all[dice(all.size())]), "alice", "a mistake"); break;
      case 4: Pass(std::chrono::hours(1 + dice(3))); break;
      default:
        feed.clear();
        for (const std::string& line : all) {
          if (dice(3) > 0) feed.push_back(line);
        }
    }
    TakeAllowlist({allow});
    TakeFeed(feed);
    const Lines remembered = Queue();
    if (step % 4 != 0) continue;
    Restart();
    TakeAllowlist({allow});
    TakeFeed(feed);
    ASSERT_EQ(Queue(), remembered);
  }
}

TEST_F(EngineTest, AChangeOfOneRowTakesBackWhatThatRowSupported) {
  TakeAllowlist({"github.com"});
  TakeFeed({"domain evil.example", "domain bad.example", "url http://worse.example/a"});
  ASSERT_TRUE(Approve("within:evil.example"));
  TakeFeed({"domain bad.example"});
  EXPECT_EQ(Published("dns"), "");
  EXPECT_EQ(Pending(), std::vector<std::string>{"domain bad.example"});
}

// Invariant 5.
TEST_F(EngineTest, Invariant5_AFailedFetchChangesNothingInForce) {
  TakeAllowlist({"github.com"});
  TakeFeed({"domain evil.example"});
  ASSERT_TRUE(Approve());
  for (const auto outcome : {feeds::FetchOutcome::refused, feeds::FetchOutcome::unreachable}) {
    engine_->TakeFetch({feeds::SourceKind::feed, "urlhaus", outcome, "empty", clock_.Now()});
    engine_->TakeFetch({feeds::SourceKind::allowlist, "services", outcome, "empty", clock_.Now()});
    engine_->Settle();
    EXPECT_EQ(Published("dns"), "domain evil.example\n");
  }
}

// Without its allowlist a shared host looks as if it could be blocked itself.
TEST_F(EngineTest, Invariant5_AnAllowlistThatIsNotLoadedYetAfterARestartTakesNothingOut) {
  const std::vector<std::string> lines{"url http://github.com/x/y.exe",
                                       "url http://github.com/x/z.exe"};
  TakeAllowlist({"github.com"});
  TakeFeed(lines);
  ASSERT_TRUE(Approve("z.exe"));
  const std::string published = Published("proxy");
  Restart();
  TakeFeed(lines);
  EXPECT_EQ(Published("proxy"), published);
  TakeAllowlist({"github.com"});
  EXPECT_EQ(Published("proxy"), published);
  EXPECT_EQ(Pending(), std::vector<std::string>{"url http://github.com/x/y.exe"});
}

TEST_F(EngineTest, WhatWasKeptJudgesTheVeryFirstActAfterARestart) {
  TakeAllowlist({"github.com"});
  TakeFeed({"domain evil.example"});
  Restart();
  std::vector<feeds::FetchResult> kept;
  kept.push_back(ResultOf(feeds::SourceKind::feed, "urlhaus", FeedOf({"domain evil.example"}),
                          feeds::FetchOutcome::unchanged));
  kept.push_back(ResultOf(feeds::SourceKind::allowlist, "services", AllowlistOf({"github.com"}),
                          feeds::FetchOutcome::unchanged));
  engine_->TakeKept(std::move(kept));
  const auto report = Approve();
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report->decided, 1U);
  EXPECT_EQ(report->refused_total, 0U);
}

TEST_F(EngineTest, Invariant5_AFeedThatIsNotLoadedYetAfterARestartTakesNothingOut) {
  TakeAllowlist({"github.com"});
  TakeFeed({"domain evil.example"});
  ASSERT_TRUE(Approve());
  Restart();
  engine_->Settle();
  EXPECT_EQ(Published("dns"), "domain evil.example\n");
}

// Invariant 6 is QueueTest's and the store's; here, that a restart finds what was acknowledged.
TEST_F(EngineTest, Invariant6_WhatWasAcknowledgedIsThereAfterARestart) {
  TakeAllowlist({"github.com"});
  TakeFeed({"domain evil.example", "ip 192.0.2.1/32"});
  ASSERT_TRUE(Approve());
  const auto before = publication_->Current("proxy").value();
  Restart();
  EXPECT_EQ(publication_->Current("proxy")->list->digest(), before.list->digest());
  EXPECT_TRUE(HistoryVerifies());
}

// Invariant 9.
TEST_F(EngineTest, Invariant9_ALargeRemovalStopsAtTheBrakeAndRevokingStillPasses) {
  TakeAllowlist({"github.com"});
  std::vector<std::string> lines;
  for (int i = 100; i < 200; ++i) lines.push_back("domain d" + std::to_string(i) + ".example");
  TakeFeed(lines);
  ASSERT_EQ(Approve()->decided, 100U);
  TakeFeed({"domain d100.example"});
  EXPECT_EQ(publication_->Current("dns")->list->size(), 100U);
  const auto brakes = store_->Read().value()->OpenBrakes().value();
  ASSERT_EQ(brakes.size(), 1U);
  EXPECT_EQ(brakes[0].direction, "remove");

  ASSERT_TRUE(engine_->Revoke({}, Line("domain d100.example"), "alice", "a mistake"));
  EXPECT_EQ(publication_->Current("dns")->list->size(), 99U);
  Restart();
  EXPECT_EQ(publication_->Current("dns")->list->size(), 99U) << "the brake holds over a restart";

  ASSERT_TRUE(engine_->ReleaseBrake(brakes[0].id, "bob", "the feed was cleaned up"));
  EXPECT_EQ(publication_->Current("dns")->list->size(), 0U);
  EXPECT_TRUE(store_->Read().value()->OpenBrakes().value().empty());
}

TEST_F(EngineTest, Invariant9_ALargeAdditionStopsAtTheBrake) {
  TakeAllowlist({"github.com"});
  std::vector<std::string> lines;
  for (int i = 100; i < 160; ++i) lines.push_back("domain d" + std::to_string(i) + ".example");
  TakeFeed(lines);
  ASSERT_TRUE(Approve());
  for (int i = 1000; i < 1200; ++i) lines.push_back("domain d" + std::to_string(i) + ".example");
  TakeFeed(lines);
  const auto report = Approve();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->decided, 200U);
  EXPECT_EQ(report->release, 0U);
  EXPECT_EQ(publication_->Current("dns")->list->size(), 60U);
  const auto brakes = store_->Read().value()->OpenBrakes().value();
  ASSERT_EQ(brakes.size(), 1U);
  ASSERT_TRUE(engine_->ReleaseBrake(brakes[0].id, "bob", "a new campaign"));
  EXPECT_EQ(publication_->Current("dns")->list->size(), 260U);
}

TEST_F(EngineTest, C1_AJumpOfTheClockEndsNothing) {
  TakeAllowlist({"github.com"});
  TakeFeed({"domain evil.example"});
  ASSERT_TRUE(Approve());
  engine_->Tick();
  engine_->Settle();
  clock_.Set(clock_.Now() + hours(24 * 365));  // the steady clock stays
  engine_->Tick();
  engine_->Settle();
  EXPECT_EQ(Published("dns"), "domain evil.example\n");
  const auto brakes = store_->Read().value()->OpenBrakes().value();
  ASSERT_EQ(brakes.size(), 1U);
  EXPECT_EQ(brakes[0].direction, "clock");
  ASSERT_TRUE(engine_->ReleaseBrake(brakes[0].id, "bob", "the clock is right now"));
  engine_->Tick();
  engine_->Settle();
  EXPECT_EQ(Published("dns"), "");
}

TEST_F(EngineTest, Z3_AnApprovalThatWasNotPublishedInTimeEnds) {
  TakeAllowlist({"github.com"});
  std::vector<std::string> lines;
  for (int i = 0; i < 60; ++i) lines.push_back("domain a" + std::to_string(i) + ".example");
  TakeFeed(lines);
  ASSERT_TRUE(Approve());
  for (int i = 0; i < 300; ++i) lines.push_back("domain b" + std::to_string(i) + ".example");
  TakeFeed(lines);
  auto report =
      engine_->Decide(All("b"), {"alice", store::Verdict::approve, "seen", hours(24 * 60)}, false);
  ASSERT_TRUE(report) << report.error().detail;
  const std::size_t before = publication_->Current("dns")->list->size();
  const auto brakes = store_->Read().value()->OpenBrakes().value();
  ASSERT_EQ(brakes.size(), 1U);
  Pass(hours(24 * 7) + minutes(1));
  if (const auto open = store_->Read().value()->OpenBrakes().value(); !open.empty()) {
    ASSERT_TRUE(engine_->ReleaseBrake(open[0].id, "bob", "fine, a week later"));
  }
  EXPECT_LE(publication_->Current("dns")->list->size(), before)
      << "what people said a week ago is not published without asking them again";
  const auto block = store_->Read().value()->BlocksOf(Line("domain b0.example")).value().front();
  EXPECT_FALSE(block.added_release);
  EXPECT_EQ(block.removed_because, "approved too long ago to publish");
}

TEST_F(EngineTest, Z1_APersonsProposalNeedsAnother) {
  TakeAllowlist({"github.com"});
  ASSERT_TRUE(engine_->ProposeByPerson(Line("domain evil.example"), "alice", "phishing", {}));
  const auto own = Approve("", "alice");
  ASSERT_TRUE(own);
  EXPECT_EQ(own->refused_total, 1U);
  const auto leaves = store_->Read().value()->LeavesAbout("domain evil.example", 0, 10).value();
  ASSERT_FALSE(leaves.empty());
  EXPECT_NE(leaves[0].leaf.find(R"("reason":"phishing")"), std::string::npos) << leaves[0].leaf;
  EXPECT_EQ(Published("dns"), "");
  EXPECT_EQ(Approve("", "bob")->decided, 1U);
  EXPECT_EQ(Published("dns"), "domain evil.example\n");
}

TEST_F(EngineTest, RefusesAPersonsProposalOfWhatIsAllowed) {
  TakeAllowlist({"github.com"});
  const auto proposal = engine_->ProposeByPerson(Line("domain github.com"), "alice", "malware", {});
  ASSERT_FALSE(proposal);
  EXPECT_EQ(proposal.error().code, ErrorCode::not_allowed);
}

TEST_F(EngineTest, ABlockOfAPersonDoesNotGoStale) {
  TakeAllowlist({"github.com"});
  TakeFeed({"domain bad.example"});
  ASSERT_TRUE(engine_->ProposeByPerson(Line("domain evil.example"), "alice", "phishing", {}));
  ASSERT_TRUE(Approve("", "bob"));
  TakeFeed({"domain bad.example", "domain worse.example"});
  EXPECT_EQ(Published("dns"), "domain bad.example\ndomain evil.example\n");
}

TEST_F(EngineTest, ADryRunDecidesNothing) {
  TakeAllowlist({"github.com"});
  TakeFeed({"domain evil.example"});
  const auto report = engine_->Decide(All(), {"alice", store::Verdict::approve, "seen"}, true);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->matched, 1U);
  EXPECT_EQ(Published("dns"), "");
  EXPECT_EQ(Pending().size(), 1U);
}

TEST_F(EngineTest, ADecisionOnAnotherNumberThanSeenIsAConflict) {
  TakeAllowlist({"github.com"});
  TakeFeed({"domain evil.example", "domain bad.example"});
  Selection selection = All();
  selection.expected_count = 1;
  const auto report = engine_->Decide(selection, {"alice", store::Verdict::approve, "seen"}, false);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::conflict);
  EXPECT_EQ(Pending().size(), 2U);
}

TEST_F(EngineTest, F14_WhatOneFeedDropsAndAnotherKeepsStaysBlocked) {
  Close();
  settings_.world.feeds.push_back({{"community", "isac", Percent(90), Percent(90)}, true});
  Open();
  TakeAllowlist({"github.com"});
  TakeFeed({"domain evil.example"});
  auto other = std::make_shared<feeds::FeedSnapshot>();
  other->observations.push_back(
      {.indicator = Line("domain evil.example"), .first_seen = start, .last_seen = start});
  Take(feeds::SourceKind::feed, "community", std::shared_ptr<const feeds::FeedSnapshot>(other));
  ASSERT_TRUE(Approve());
  TakeFeed({"domain bad.example"});
  EXPECT_EQ(Published("dns"), "domain evil.example\n");
}

}  // namespace
}  // namespace agent
