// What one person does at once in an emergency, and that nothing undoes it before the review.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/agent/engine_fixture.h"

namespace agent {
namespace {

using policy::ErrorCode;
using std::chrono::hours;
using Lines = std::vector<std::string>;

class EngineEmergencyTest : public EngineFixture {
 protected:
  void SetUp() override {
    EngineFixture::SetUp();
    TakeAllowlist({"github.com", "192.0.2.7/32"});
  }

  policy::Result<EmergencyReport> Block(const std::string& line) {
    return engine_->BlockNow({Line(line)}, "sam", "ransomware spreads");
  }
  policy::Result<EmergencyReport> Unblock(const std::string& line, bool within = false) {
    return engine_->UnblockNow(Line(line), within, "alice", "the hospital cannot order blood",
                               false);
  }
  policy::Result<EmergencyReport> Review(std::int64_t id, bool confirms,
                                         const std::string& person = "senta") {
    return engine_->Review({id, confirms, person, "looked into it", std::nullopt});
  }
  store::EmergencyState StateOf(std::int64_t id) {
    return store_->Read().value()->FindEmergency(id).value().value().state;
  }
  // A list of so many, past its brake.
  void Fill(int count) {
    Lines lines;
    for (int i = 0; i < count; ++i) lines.push_back("domain d" + std::to_string(i) + ".example");
    TakeFeed(lines);
    ASSERT_TRUE(Approve());
  }
};

TEST_F(EngineEmergencyTest, Z10_AnEmergencyBlockIsInForceByOnePersonsWordAndEndsByItself) {
  const auto report = Block("domain evil.example");
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(Published("dns"), "domain evil.example\n");
  EXPECT_EQ(report->release, publication_->Current("dns")->release);
  ASSERT_EQ(report->emergencies.size(), 1U);
  EXPECT_EQ(report->emergencies[0].ends_at, clock_.Now() + hours(24));
  EXPECT_EQ(report->blocks[0].approved_by, "sam");
  Pass(hours(23));
  EXPECT_EQ(Published("dns"), "domain evil.example\n");
  Pass(hours(1));
  EXPECT_EQ(Published("dns"), "") << "nobody reviewed it";
  EXPECT_EQ(StateOf(1), store::EmergencyState::lapsed);
  EXPECT_EQ(Told("domain evil.example"), (Lines{"sam propose", "sam emergency.block",
                                                "agent unblock", "agent emergency.lapse"}));
  EXPECT_TRUE(HistoryVerifies());
}

TEST_F(EngineEmergencyTest, Z10_AWideTargetTakesNoSecondPerson) {
  ASSERT_TRUE(Block("ip 203.0.112.0/23"));
  EXPECT_EQ(Published("firewall"), "ip 203.0.112.0/23\n");
}

// Devices end lines by themselves when they are cut off, so they have to know.
TEST_F(EngineEmergencyTest, AConfirmedBlocksNewEndIsPublishedAlthoughTheLinesAreTheSame) {
  TakeFeed({"domain other.example"});
  ASSERT_TRUE(Approve());
  ASSERT_TRUE(Block("domain evil.example"));
  const auto before = publication_->Current("dns").value();
  EXPECT_EQ(before.list->terms(0), policy::Terms::Of(clock_.Now() + hours(24), policy::risk_max));
  const auto confirmed = Review(1, true);
  ASSERT_TRUE(confirmed) << confirmed.error().detail;
  const auto after = publication_->Current("dns").value();
  EXPECT_GT(after.release, before.release);
  EXPECT_EQ(after.list->digest(), before.list->digest());
  EXPECT_EQ(after.list->terms(0),
            policy::Terms::Of(confirmed->blocks.at(0).expires_at, policy::risk_max));
  EXPECT_EQ(after.list->terms(1), before.list->terms(1));
  EXPECT_EQ(after.step->retermed, Lines{"domain evil.example"});
  EXPECT_EQ(publication_->Current("firewall")->release, 1U) << "nothing changed there";
  Restart();
  EXPECT_EQ(publication_->Current("dns")->list->id(), after.list->id());
  EXPECT_TRUE(HistoryVerifies());
}

TEST_F(EngineEmergencyTest, Z10_NoEmergencyPassesTheAllowlistOrTheGuardrails) {
  for (const char* line : {"domain github.com", "domain com", "ip 192.0.2.0/24", "ip 0.0.0.0/0"}) {
    const auto report = Block(line);
    ASSERT_FALSE(report) << line;
    EXPECT_EQ(report.error().code, ErrorCode::not_allowed) << line;
  }
  const auto all_or_none = engine_->BlockNow({Line("domain evil.example"), Line("domain com")},
                                             "sam", "ransomware spreads");
  EXPECT_FALSE(all_or_none);
  EXPECT_EQ(Published("proxy"), "");
  EXPECT_TRUE(store_->Read().value()->OpenEmergencies()->empty());
}

TEST_F(EngineEmergencyTest, Z10_NothingIsBlockedBeforeTheAllowlistWasLoadedNotEvenInAnEmergency) {
  Restart();
  const auto report = Block("domain evil.example");
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().detail.find("services"), std::string::npos);
}

TEST_F(EngineEmergencyTest, Z10_AnEmergencyBlockPassesABrakeThatHoldsOthers) {
  settings_.changes = {.added_percent_max = 100, .entries_min = 2};
  Restart();
  TakeAllowlist({"github.com"});
  Fill(2);
  TakeFeed({"domain d0.example", "domain d1.example", "domain x0.example", "domain x1.example",
            "domain x2.example"});
  ASSERT_TRUE(Approve());
  ASSERT_EQ(store_->Read().value()->OpenBrakes()->size(), 1U);
  ASSERT_TRUE(Block("domain x0.example")) << "the brake held it";
  ASSERT_TRUE(Block("domain evil.example"));
  EXPECT_EQ(Published("dns"),
            "domain d0.example\ndomain d1.example\ndomain evil.example\ndomain x0.example\n");
  Restart();
  EXPECT_EQ(publication_->Current("dns")->list->size(), 4U);
}

TEST_F(EngineEmergencyTest, Z10_OnlyAnotherPersonReviewsAndOnlyOnce) {
  ASSERT_TRUE(Block("domain evil.example"));
  EXPECT_EQ(Review(1, true, "sam").error().code, ErrorCode::not_allowed);
  EXPECT_EQ(Review(9, true).error().code, ErrorCode::not_found);
  ASSERT_TRUE(Review(1, true));
  EXPECT_EQ(Review(1, false).error().code, ErrorCode::conflict);
  EXPECT_EQ(Published("dns"), "domain evil.example\n");
}

TEST_F(EngineEmergencyTest, Z10_AConfirmedBlockLastsAsLongAsAnyOther) {
  ASSERT_TRUE(Block("domain evil.example"));
  Pass(hours(20));
  const auto report = Review(1, true);
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report->blocks[0].approved_by, "sam,senta");
  EXPECT_EQ(report->blocks[0].expires_at, clock_.Now() + hours(24 * 7));
  Pass(hours(24 * 7 - 1));
  EXPECT_EQ(Published("dns"), "domain evil.example\n");
  Pass(hours(1));
  EXPECT_EQ(Published("dns"), "");
  EXPECT_EQ(StateOf(1), store::EmergencyState::confirmed);
}

TEST_F(EngineEmergencyTest, Z10_AConfirmationKeepsToTheLongestLifetime) {
  ASSERT_TRUE(Block("domain evil.example"));
  const auto report = engine_->Review({1, true, "senta", "looked into it", hours(24 * 91)});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::not_allowed);
  EXPECT_EQ(StateOf(1), store::EmergencyState::open);
}

TEST_F(EngineEmergencyTest, Z10_AnOverturnedBlockIsRevokedAndFeedsDoNotBringItBack) {
  TakeFeed({"domain evil.example"});
  ASSERT_TRUE(Block("domain evil.example"));
  ASSERT_TRUE(Review(1, false));
  EXPECT_EQ(Published("dns"), "");
  TakeFeed({"domain evil.example", "domain other.example"});
  EXPECT_EQ(Pending(), Lines{"domain other.example"});
}

TEST_F(EngineEmergencyTest, E14_AnEmergencyUnblockTakesOutWhatCoversItToo) {
  TakeFeed({"domain shop.example", "domain other.example"});
  ASSERT_TRUE(Approve());
  const auto report = Unblock("domain www.shop.example");
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(Published("dns"), "domain other.example\n");
  EXPECT_EQ(Told("domain www.shop.example"), Lines{"alice emergency.unblock"});
  EXPECT_TRUE(HistoryVerifies());
}

TEST_F(EngineEmergencyTest, E14_WithinTakesOutAllThatLiesInIt) {
  TakeFeed({"domain a.shop.example", "domain notshop.example", "domain shop.example",
            "url https://github.com/x/y.exe", "ip 203.0.113.9/32"});
  ASSERT_TRUE(Approve());
  const auto preview =
      engine_->UnblockNow(Line("domain shop.example"), true, "alice", "ours", true);
  ASSERT_TRUE(preview) << preview.error().detail;
  EXPECT_EQ(preview->blocks.size(), 2U);
  EXPECT_NE(Published("dns").find("a.shop.example"), std::string::npos) << "a preview does nothing";
  ASSERT_TRUE(Unblock("domain shop.example", true));
  EXPECT_EQ(Published("proxy"),
            "domain notshop.example\nip 203.0.113.9/32\nurl https://github.com/x/y.exe\n");
  ASSERT_TRUE(Unblock("ip 203.0.113.0/24", true));
  EXPECT_EQ(Published("firewall"), "");
}

TEST_F(EngineEmergencyTest, E14_UnblockingWhatNothingBlocksSaysSo) {
  const auto report = Unblock("domain shop.example");
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::not_found);
}

TEST_F(EngineEmergencyTest, E14_NothingBringsItBackBeforeTheReview) {
  TakeFeed({"domain shop.example"});
  ASSERT_TRUE(Approve());
  ASSERT_TRUE(Unblock("domain shop.example"));
  // Feeds that still name it, a person, and one in an emergency: none of them.
  TakeFeed({"domain shop.example", "domain www.other.example"}, std::chrono::minutes(5));
  ASSERT_TRUE(engine_->ProposeByPerson(Line("domain shop.example"), "bob", "again", std::nullopt));
  const auto approved = Approve("shop", "carol");
  ASSERT_TRUE(approved);
  EXPECT_EQ(approved->decided, 0U);
  ASSERT_EQ(approved->refused.size(), 1U);
  EXPECT_NE(approved->refused[0].reason.find("alice unblocked shop[.]example in an emergency"),
            std::string::npos);
  EXPECT_EQ(Block("domain shop.example").error().code, ErrorCode::not_allowed);
  Restart();
  TakeAllowlist({"github.com"});
  EXPECT_EQ(Approve("shop", "carol")->decided, 0U) << "it holds over a restart";
  EXPECT_EQ(Published("dns"), "");
  ASSERT_TRUE(Review(1, true));
  EXPECT_EQ(Approve("shop", "carol")->decided, 1U) << "people may decide again";
}

TEST_F(EngineEmergencyTest, E14_AStaleProposalOfWhatWouldCoverItIsHeldToo) {
  TakeFeed({"domain a.shop.example", "domain shop.example"});
  ASSERT_TRUE(Approve("\"a.shop\""));
  ASSERT_TRUE(Unblock("domain a.shop.example"));
  EXPECT_EQ(Approve()->decided, 0U) << "shop.example would block a.shop.example";
  EXPECT_EQ(Published("dns"), "");
}

TEST_F(EngineEmergencyTest, E14_AnUnblockEndsAtItsTimeLimit) {
  TakeFeed({"domain shop.example"});
  ASSERT_TRUE(Approve());
  ASSERT_TRUE(Unblock("domain shop.example"));
  Pass(hours(24 * 7));
  EXPECT_EQ(StateOf(1), store::EmergencyState::lapsed);
  EXPECT_EQ(Published("dns"), "") << "it is not blocked again by itself";
}

TEST_F(EngineEmergencyTest, E14_WhatAnOverturnedUnblockTookOutIsBeforePeopleAgain) {
  TakeFeed({"domain shop.example"});
  ASSERT_TRUE(Approve());
  ASSERT_TRUE(Unblock("domain shop.example"));
  engine_->Settle();
  EXPECT_EQ(Pending(), Lines{});
  ASSERT_TRUE(Review(1, false));
  engine_->Settle();
  EXPECT_EQ(Pending(), Lines{"domain shop.example"});
  EXPECT_EQ(Approve("", "bob")->decided, 1U);
  EXPECT_EQ(Published("dns"), "domain shop.example\n");
}

TEST_F(EngineEmergencyTest, E14_AnUnblockPassesTheBrakeThatHoldsWhatLeavesByItself) {
  settings_.changes = {.removed_percent_max = 10, .entries_min = 2};
  Restart();
  TakeAllowlist({"github.com"});
  Fill(10);
  TakeFeed({"domain d0.example"});
  ASSERT_EQ(publication_->Current("dns")->list->size(), 10U) << "a brake holds the removals";
  ASSERT_TRUE(Unblock("domain d5.example"));
  EXPECT_EQ(publication_->Current("dns")->list->size(), 9U);
  EXPECT_EQ(Published("dns").find("d5.example"), std::string::npos);
  Restart();
  EXPECT_EQ(publication_->Current("dns")->list->size(), 9U);
}

}  // namespace
}  // namespace agent
