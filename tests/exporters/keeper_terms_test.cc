// What the terms of lines do on a device: they end without the agent, and the least goes first
// where there is no room.
#include <gtest/gtest.h>

#include <filesystem>

#include "platform/atomic_file.h"
#include "tests/exporters/keeper_fixture.h"

namespace exporters {
namespace {

using exporters::testing::ExporterFaults;
using exporters::testing::ListOf;
using exporters::testing::now;
using exporters::testing::size_max;
using exporters::testing::Snapshot;
using exporters::testing::TermedListOf;

// ---- without the agent

// Two lines that end in an hour, and one that ends in two days.
Snapshot ListOfAnHour() {
  const auto hour = policy::Terms::Of(now + std::chrono::hours(1), 90);
  return TermedListOf({{"domain a.example", hour},
                       {"domain b.example", policy::Terms::Of(now + std::chrono::hours(48), 90)},
                       {"domain c.example", hour}});
}

constexpr std::chrono::seconds past_the_hour = std::chrono::hours(1) + Expiry::delay_max;

TEST_F(ExporterFaults, InvariantFour_LinesEndOnTimeWhenTheAgentIsAway) {
  const auto keeper = Restart();
  keeper->Start();
  const Snapshot list = ListOfAnHour();
  ASSERT_TRUE(keeper->Take(UpdateTo(1, list)).outcome);
  clock_.Advance(std::chrono::minutes(59));
  EXPECT_FALSE(keeper->EndLines(true));
  EXPECT_EQ(device_.text(), list->text()) << "until then they stay (invariant 8)";
  clock_.Advance(past_the_hour);
  const auto receipt = keeper->EndLines(true);
  ASSERT_TRUE(receipt);
  EXPECT_EQ(device_.text(), "domain b.example\n");
  EXPECT_TRUE(device_.last_had_base());
  EXPECT_EQ(receipt->release, 1U);
  EXPECT_EQ(receipt->digest, policy::Sha256Of("domain b.example\n"));
  EXPECT_EQ(receipt->count, 1U);
  EXPECT_EQ(receipt->ended, 2U);
  EXPECT_FALSE(receipt->drift);
  EXPECT_FALSE(keeper->EndLines(true));
  EXPECT_EQ(keeper->Check()->ended, 2U);
}

TEST_F(ExporterFaults, InvariantFour_NoLineEndsWhileTheAgentIsThere) {
  const auto keeper = Restart();
  keeper->Start();
  ASSERT_TRUE(keeper->Take(UpdateTo(1, ListOfAnHour())).outcome);
  clock_.Advance(std::chrono::hours(24));
  EXPECT_FALSE(keeper->EndLines(false));
  EXPECT_EQ(device_.text(), ListOfAnHour()->text());
}

TEST_F(ExporterFaults, InvariantFour_WhatEndedStaysEndedAfterARestart) {
  {
    const auto keeper = Restart();
    keeper->Start();
    ASSERT_TRUE(keeper->Take(UpdateTo(1, ListOfAnHour())).outcome);
    clock_.Advance(past_the_hour);
    ASSERT_TRUE(keeper->EndLines(true));
  }
  device_.Put("");
  const auto receipt = Restart()->Start();
  EXPECT_EQ(device_.text(), "domain b.example\n");
  EXPECT_EQ(receipt->ended, 2U);
}

TEST_F(ExporterFaults, TheAgentsListIsTakenAgainAfterLinesEnded) {
  const auto keeper = Restart();
  keeper->Start();
  ASSERT_TRUE(keeper->Take(UpdateTo(1, ListOfAnHour())).outcome);
  clock_.Advance(past_the_hour);
  ASSERT_TRUE(keeper->EndLines(true));
  const Answer answer = keeper->Take(UpdateTo(1, ListOfAnHour(), keeper->held().get()));
  ASSERT_TRUE(answer.outcome) << answer.outcome.error().reason;
  EXPECT_EQ(answer.outcome->ended, 0U);
  EXPECT_EQ(answer.outcome->digest, ListOfAnHour()->digest());
  EXPECT_EQ(device_.text(), ListOfAnHour()->text());
}

TEST_F(ExporterFaults, ALineWithALaterEndStaysAlthoughNothingElseChanged) {
  const auto keeper = Restart();
  keeper->Start();
  ASSERT_TRUE(keeper->Take(UpdateTo(1, ListOfAnHour())).outcome);
  const auto later = policy::Terms::Of(now + std::chrono::hours(48), 90);
  const Snapshot renewed = TermedListOf(
      {{"domain a.example", later}, {"domain b.example", later}, {"domain c.example", later}});
  const int applied = device_.applied();
  ASSERT_TRUE(keeper->Take(UpdateTo(2, renewed)).outcome);
  EXPECT_EQ(device_.applied(), applied) << "the device has nothing to change";
  clock_.Advance(past_the_hour);
  EXPECT_FALSE(keeper->EndLines(true));
  const auto restarted = Restart();
  restarted->Start();
  EXPECT_FALSE(restarted->EndLines(true));
}

TEST_F(ExporterFaults, C1_AWrongClockEndsNothing) {
  const auto keeper = Restart();
  keeper->Start();
  ASSERT_TRUE(keeper->Take(UpdateTo(1, ListOfAnHour())).outcome);
  EXPECT_FALSE(keeper->EndLines(true));
  clock_.Set(now + std::chrono::hours(24 * 365));
  EXPECT_FALSE(keeper->EndLines(true));
  clock_.Set(now - std::chrono::hours(24 * 365));
  EXPECT_FALSE(keeper->EndLines(true));
  EXPECT_EQ(device_.text(), ListOfAnHour()->text());
}

TEST_F(ExporterFaults, E4_WhatCannotBeEndedIsPutBackAndTriedAgain) {
  const auto keeper = Restart();
  keeper->Start();
  ASSERT_TRUE(keeper->Take(UpdateTo(1, ListOfAnHour())).outcome);
  clock_.Advance(past_the_hour);
  device_.FailNext({DeviceState::changed, "probe failed"});
  const auto receipt = keeper->EndLines(true);
  EXPECT_TRUE(receipt->drift);
  EXPECT_EQ(receipt->digest, ListOfAnHour()->digest());
  EXPECT_EQ(device_.text(), ListOfAnHour()->text());
  EXPECT_EQ(keeper->EndLines(true)->ended, 2U);
}

// ---- a device that is too small

TEST_F(ExporterFaults, E11_ADeviceGetsTheHighestRiskAndTellsWhatItLacks) {
  device_.SetCapacity(2);
  const auto keeper = Restart();
  keeper->Start();
  const Snapshot list = TermedListOf({{"domain a.example", {9, 10}},
                                      {"domain b.example", {9, 90}},
                                      {"domain c.example", {9, 50}}});
  auto receipt = keeper->Take(UpdateTo(1, list)).outcome;
  ASSERT_TRUE(receipt);
  EXPECT_EQ(device_.text(), "domain b.example\ndomain c.example\n");
  EXPECT_EQ(receipt->digest, list->digest()) << "it is the list of that release all the same";
  EXPECT_EQ(receipt->count, 3U);
  ASSERT_EQ(receipt->left_out.size(), 1U);
  EXPECT_EQ(receipt->left_out[0].count, 1U);
  EXPECT_EQ(receipt->left_out[0].sample, std::vector<std::string>{"domain a.example"});
  EXPECT_EQ(platform::ReadFile(receipt->left_out[0].all, size_max), "domain a.example\n");
  EXPECT_EQ(keeper->Check()->left_out.size(), 1U);

  // A higher risk pushes the lowest out; when it goes, the other is back.
  const Snapshot more = TermedListOf({{"domain a.example", {9, 10}},
                                      {"domain b.example", {9, 90}},
                                      {"domain c.example", {9, 50}},
                                      {"domain d.example", {9, 100}}});
  receipt = keeper->Take(UpdateTo(2, more)).outcome;
  EXPECT_EQ(device_.text(), "domain b.example\ndomain d.example\n");
  EXPECT_TRUE(device_.last_had_base());
  EXPECT_EQ(receipt->left_out[0].count, 2U);
  receipt = keeper->Take(UpdateTo(3, ListOf({"domain a.example", "domain c.example"}))).outcome;
  EXPECT_EQ(device_.text(), "domain a.example\ndomain c.example\n");
  EXPECT_TRUE(receipt->left_out.empty());
  EXPECT_FALSE(std::filesystem::exists(folder_ / "left_out.list"));
}

TEST_F(ExporterFaults, E11_NewTermsAloneMayChangeWhatFits) {
  device_.SetCapacity(1);
  const auto keeper = Restart();
  keeper->Start();
  ASSERT_TRUE(keeper
                  ->Take(UpdateTo(1, TermedListOf({{"domain a.example", {9, 50}},
                                                   {"domain b.example", {9, 40}}})))
                  .outcome);
  EXPECT_EQ(device_.text(), "domain a.example\n");
  ASSERT_TRUE(keeper
                  ->Take(UpdateTo(2, TermedListOf({{"domain a.example", {9, 50}},
                                                   {"domain b.example", {9, 100}}})))
                  .outcome);
  EXPECT_EQ(device_.text(), "domain b.example\n");
}

TEST_F(ExporterFaults, E11_TheSettingsMayAllowLessThanTheExporterKnowsOf) {
  device_.SetCapacity(2);
  Keeper keeper(device_, Store(), OnDrift::restore, "dns1", clock_, 1);
  EXPECT_EQ(keeper.capacity(), 1U);
  keeper.Start();
  ASSERT_TRUE(keeper.Take(UpdateTo(1, two_)).outcome);
  EXPECT_EQ(device_.text(), "domain a.example\n");
}

}  // namespace
}  // namespace exporters
