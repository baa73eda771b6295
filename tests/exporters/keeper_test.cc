#include "exporters/keeper.h"

#include <gtest/gtest.h>

#include "tests/exporters/keeper_fixture.h"

namespace exporters {
namespace {

using exporters::testing::ExporterFaults;
using exporters::testing::Held;
using exporters::testing::size_max;
using platform::testing::TemporaryFolder;

TEST_F(ExporterFaults, NoneLeadsToAReceiptThatWasReadBack) {
  const auto keeper = Restart();
  EXPECT_FALSE(keeper->Start());
  const Answer answer = keeper->Take(UpdateTo(1, one_));
  ASSERT_TRUE(answer.outcome);
  EXPECT_EQ(answer.nonce, "n");
  EXPECT_EQ(answer.outcome->release, 1U);
  EXPECT_EQ(answer.outcome->digest, one_->digest());
  EXPECT_EQ(answer.outcome->count, 1U);
  EXPECT_EQ(answer.outcome->read_back, "compared the text");
  EXPECT_FALSE(answer.outcome->drift);
  EXPECT_FALSE(device_.last_had_base());
  ASSERT_TRUE(keeper->Take(UpdateTo(2, two_)).outcome);
  EXPECT_TRUE(device_.last_had_base());
}

TEST_F(ExporterFaults, E1_RestoresTheLastKnownGoodAtStartWithoutAnAgent) {
  {
    const auto keeper = Restart();
    keeper->Start();
    ASSERT_TRUE(keeper->Take(UpdateTo(3, one_)).outcome);
  }
  device_.Put("");  // it rebooted
  clock_.Advance(std::chrono::hours(72));
  const auto receipt = Restart()->Start();
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->release, 3U);
  EXPECT_TRUE(receipt->drift);
  EXPECT_EQ(device_.text(), one_->text());
}

TEST_F(ExporterFaults, E2_ARefusedReleaseLeavesTheDeviceOnTheOneBeforeAndIsNotTriedAgain) {
  const auto keeper = Restart();
  keeper->Start();
  ASSERT_TRUE(keeper->Take(UpdateTo(1, one_)).outcome);
  device_.FailNext({DeviceState::unchanged, "checker: line 2 is wrong"});
  const Answer answer = keeper->Take(UpdateTo(2, two_));
  ASSERT_FALSE(answer.outcome);
  EXPECT_EQ(answer.outcome.error().device, DeviceState::unchanged);
  EXPECT_EQ(answer.outcome.error().reason, "checker: line 2 is wrong");
  const int applied = device_.applied();
  for (int look = 0; look < 5; ++look) {
    const auto receipt = keeper->Check();
    ASSERT_TRUE(receipt);
    EXPECT_EQ(receipt->release, 1U);
  }
  EXPECT_EQ(device_.applied(), applied);
  EXPECT_EQ(device_.text(), one_->text());
  EXPECT_EQ(Restart()->Start()->release, 1U);
}

TEST_F(ExporterFaults, E4_AFailedProbeAfterApplyingPutsTheLastKnownGoodBack) {
  for (const DeviceState state : {DeviceState::changed, DeviceState::unknown}) {
    device_.Put("");
    const TemporaryFolder folder;
    Keeper keeper(device_, LastKnownGood(folder.path(), size_max), OnDrift::restore, "dns1",
                  clock_);
    keeper.Start();
    ASSERT_TRUE(keeper.Take(UpdateTo(1, one_)).outcome);
    device_.FailNext({state, "probe: a.example was not blocked"});
    const Answer answer = keeper.Take(UpdateTo(2, two_));
    ASSERT_FALSE(answer.outcome);
    EXPECT_EQ(answer.outcome.error().device, DeviceState::unchanged);
    EXPECT_EQ(answer.outcome.error().reason,
              "probe: a.example was not blocked; the device enforces release 1 again");
    EXPECT_EQ(device_.text(), one_->text());
    EXPECT_EQ(keeper.held()->release, 1U);
  }
}

TEST_F(ExporterFaults, E4_SaysSoWhenNothingCanBePutBack) {
  const auto keeper = Restart();
  keeper->Start();
  ASSERT_TRUE(keeper->Take(UpdateTo(1, one_)).outcome);
  device_.FailNext({DeviceState::unknown, "no answer"});
  device_.FailNext({DeviceState::unknown, "still no answer"});
  const Answer answer = keeper->Take(UpdateTo(2, two_));
  ASSERT_FALSE(answer.outcome);
  EXPECT_EQ(answer.outcome.error().device, DeviceState::unknown);
  EXPECT_EQ(answer.outcome.error().reason,
            "no answer; release 1 could not be put back: still no answer");
  // Later the device is back, and the next look mends it.
  const auto receipt = keeper->Check();
  EXPECT_EQ(receipt->release, 1U);
  EXPECT_TRUE(receipt->drift);
  EXPECT_EQ(device_.text(), one_->text());
}

TEST_F(ExporterFaults, E5_ADeviceThatTookTheListButEnforcesLessIsRefused) {
  const auto keeper = Restart();
  keeper->Start();
  ASSERT_TRUE(keeper->Take(UpdateTo(1, one_)).outcome);
  device_.DropALineNext();
  const Answer answer = keeper->Take(UpdateTo(2, two_));
  ASSERT_FALSE(answer.outcome);
  EXPECT_TRUE(answer.outcome.error().reason.starts_with("the device does not enforce the list"));
  EXPECT_EQ(device_.text(), one_->text());
}

// The process dies at each point of taking release 2.
TEST_F(ExporterFaults, E3_ACrashBeforeApplyingConvergesOnTheOldList) {
  {
    const auto keeper = Restart();
    keeper->Start();
    ASSERT_TRUE(keeper->Take(UpdateTo(1, one_)).outcome);
  }
  ASSERT_TRUE(Store().StoreNext(Held(2, two_)));
  const auto keeper = Restart();
  const auto receipt = keeper->Start();
  EXPECT_EQ(receipt->release, 1U);
  EXPECT_FALSE(receipt->drift);
  EXPECT_FALSE(Store().LoadNext().value());
}

TEST_F(ExporterFaults, E3_ACrashAfterApplyingKeepsTheNewList) {
  {
    const auto keeper = Restart();
    keeper->Start();
    ASSERT_TRUE(keeper->Take(UpdateTo(1, one_)).outcome);
  }
  ASSERT_TRUE(Store().StoreNext(Held(2, two_)));
  device_.Put(two_->text());
  const int applied = device_.applied();
  const auto receipt = Restart()->Start();
  EXPECT_EQ(receipt->release, 2U);
  EXPECT_FALSE(receipt->drift);
  EXPECT_EQ(device_.applied(), applied);
  EXPECT_EQ(Store().LoadGood().value()->release, 2U);
}

TEST_F(ExporterFaults, E3_ACrashInTheMiddleOfApplyingConvergesOnTheOldList) {
  {
    const auto keeper = Restart();
    keeper->Start();
    ASSERT_TRUE(keeper->Take(UpdateTo(1, one_)).outcome);
  }
  ASSERT_TRUE(Store().StoreNext(Held(2, two_)));
  device_.Put("half a li");
  const auto receipt = Restart()->Start();
  EXPECT_EQ(receipt->release, 1U);
  EXPECT_TRUE(receipt->drift);
  EXPECT_EQ(device_.text(), one_->text());
}

TEST_F(ExporterFaults, E3_ACrashDuringTheVeryFirstListLeavesTheDeviceToTheAgent) {
  ASSERT_TRUE(Store().StoreNext(Held(1, one_)));
  device_.Put("half");
  const auto keeper = Restart();
  EXPECT_FALSE(keeper->Start());
  EXPECT_EQ(device_.applied(), 0);
  ASSERT_TRUE(keeper->Take(UpdateTo(1, one_)).outcome);
}

TEST_F(ExporterFaults, E3_AnUnreachableDeviceIsAskedAgainWhichOfTheTwoItEnforces) {
  {
    const auto keeper = Restart();
    keeper->Start();
    ASSERT_TRUE(keeper->Take(UpdateTo(1, one_)).outcome);
  }
  ASSERT_TRUE(Store().StoreNext(Held(2, two_)));
  device_.Put(two_->text());
  device_.SetUnreachable(true);
  const auto keeper = Restart();
  const auto unproven = keeper->Start();
  EXPECT_EQ(unproven->release, 0U);
  EXPECT_TRUE(unproven->drift);
  device_.SetUnreachable(false);
  EXPECT_EQ(keeper->Check()->release, 2U);
}

TEST_F(ExporterFaults, E16_AHandMadeChangeIsMendedAndReported) {
  const auto keeper = Restart();
  keeper->Start();
  ASSERT_TRUE(keeper->Take(UpdateTo(1, one_)).outcome);
  device_.Put("domain by-hand.example\n");
  const auto receipt = keeper->Check();
  EXPECT_TRUE(receipt->drift);
  EXPECT_EQ(receipt->release, 1U);
  EXPECT_EQ(device_.text(), one_->text());
  EXPECT_FALSE(keeper->Check()->drift);
}

TEST_F(ExporterFaults, E16_AHandMadeChangeIsOnlyReportedWhereThatIsConfigured) {
  const auto keeper = Restart(OnDrift::report);
  keeper->Start();
  ASSERT_TRUE(keeper->Take(UpdateTo(1, one_)).outcome);
  device_.Put("domain by-hand.example\n");
  const auto receipt = keeper->Check();
  EXPECT_TRUE(receipt->drift);
  EXPECT_EQ(receipt->release, 0U);
  EXPECT_FALSE(receipt->digest);
  EXPECT_EQ(device_.text(), "domain by-hand.example\n");
  // The next update does not build on what is there.
  ASSERT_TRUE(keeper->Take(UpdateTo(2, two_)).outcome);
  EXPECT_FALSE(device_.last_had_base());
}

TEST_F(ExporterFaults, E8_ARepeatedUpdateTouchesNothing) {
  const auto keeper = Restart();
  keeper->Start();
  ASSERT_TRUE(keeper->Take(UpdateTo(1, one_)).outcome);
  const int applied = device_.applied();
  const Answer again = keeper->Take(UpdateTo(1, one_));
  ASSERT_TRUE(again.outcome);
  EXPECT_EQ(again.outcome->release, 1U);
  EXPECT_EQ(device_.applied(), applied);
}

TEST_F(ExporterFaults, E8_ALaterReleaseWithTheSameListOnlyMovesTheNumber) {
  const auto keeper = Restart();
  keeper->Start();
  ASSERT_TRUE(keeper->Take(UpdateTo(1, one_)).outcome);
  const int applied = device_.applied();
  EXPECT_EQ(keeper->Take(UpdateTo(9, one_)).outcome->release, 9U);
  EXPECT_EQ(device_.applied(), applied);
  EXPECT_EQ(Restart()->Start()->release, 9U);
}

TEST_F(ExporterFaults, N3_AnOldUpdateIsStillRefusedAfterARestart) {
  const Update old = UpdateTo(1, one_);
  {
    const auto keeper = Restart();
    keeper->Start();
    ASSERT_TRUE(keeper->Take(UpdateTo(2, two_)).outcome);
  }
  const auto keeper = Restart();
  keeper->Start();
  const Answer answer = keeper->Take(old);
  ASSERT_FALSE(answer.outcome);
  EXPECT_TRUE(answer.outcome.error().reason.starts_with("replay"));
  EXPECT_EQ(answer.outcome.error().device, DeviceState::unchanged);
  EXPECT_EQ(device_.text(), two_->text());
}

TEST_F(ExporterFaults, N3_AnUpdateThatExpiredWhileItWaitedIsRefused) {
  const auto keeper = Restart();
  keeper->Start();
  const Update update = UpdateTo(1, one_);
  clock_.Advance(std::chrono::hours(25));
  EXPECT_TRUE(keeper->Take(update).outcome.error().reason.starts_with("expired"));
  EXPECT_EQ(device_.applied(), 0);
}

TEST_F(ExporterFaults, N3_AnExpiredListStaysInForce) {
  const auto keeper = Restart();
  keeper->Start();
  ASSERT_TRUE(keeper->Take(UpdateTo(1, one_)).outcome);
  clock_.Advance(std::chrono::hours(24 * 365));
  device_.Put("");
  EXPECT_EQ(keeper->Check()->release, 1U);
  EXPECT_EQ(device_.text(), one_->text());
}

TEST_F(ExporterFaults, S3_WhatCannotBeStoredIsNotApplied) {
  Keeper keeper(device_, LastKnownGood(folder_ / "missing", size_max), OnDrift::restore, "dns1",
                clock_);
  keeper.Start();
  const Answer answer = keeper.Take(UpdateTo(1, one_));
  ASSERT_FALSE(answer.outcome);
  EXPECT_EQ(answer.outcome.error().device, DeviceState::unchanged);
  EXPECT_EQ(device_.applied(), 0);
}

TEST_F(ExporterFaults, E15_EndingTheKeeperLeavesTheRules) {
  {
    const auto keeper = Restart();
    keeper->Start();
    ASSERT_TRUE(keeper->Take(UpdateTo(1, one_)).outcome);
  }
  EXPECT_EQ(device_.text(), one_->text());
}

}  // namespace
}  // namespace exporters
