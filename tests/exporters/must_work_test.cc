#include "exporters/must_work.h"

#include <gtest/gtest.h>

#include "exporters/difference.h"
#include "exporters/dry_run.h"
#include "exporters/keeper.h"
#include "tests/exporters/fake_device.h"
#include "tests/exporters/signed_updates.h"
#include "tests/platform/temporary_folder.h"

namespace exporters {
namespace {

using exporters::testing::FakeDevice;
using exporters::testing::ListOf;
using exporters::testing::now;
using exporters::testing::Signer;
using exporters::testing::Snapshot;

policy::Indicator Target(const char* text) {
  return policy::GuessIndicator(text).value();
}

TEST(MustWorkTest, NamesTheEntryThatBlocksWhatMustWork) {
  const auto blocks = [](const char* line, const char* target) {
    return BlocksWhatMustWork(*ListOf({line, "domain other.example"}), {Target(target)});
  };
  EXPECT_EQ(blocks("domain example.org", "https://pay.example.org/now"),
            "the list blocks https://pay.example.org/now, which must work (must_work), by "
            "domain example.org");
  EXPECT_TRUE(blocks("domain pay.example.org", "pay.example.org"));
  EXPECT_TRUE(blocks("ip 192.0.2.0/24", "192.0.2.7"));
  EXPECT_TRUE(blocks("ip 2001:db8::/32", "http://[2001:db8::1]/"));
  EXPECT_TRUE(blocks("url http://example.org/a", "http://example.org/a"));
  EXPECT_FALSE(blocks("domain www.pay.example.org", "pay.example.org"));
  EXPECT_FALSE(blocks("url http://example.org/a", "example.org"));
  EXPECT_FALSE(blocks("ip 192.0.2.8/32", "192.0.2.7"));
}

// A keeper before a device behind one of the two guards.
class GuardedDeviceTest : public ::testing::Test {
 protected:
  void Guard(std::vector<policy::Indicator> must_work) {
    Keep(std::make_unique<MustWork>(TakeDevice(), std::move(must_work)));
  }
  void RunDry(const Snapshot& enforced_before) {
    auto device = TakeDevice();
    device_->Put(enforced_before->text());
    Keep(std::make_unique<DryRun>(std::move(device)));
  }

  Answer Take(std::uint64_t release, const Snapshot& list) {
    Assembler assembler(signer_.public_key(), size_max);
    auto update = assembler.Add(signer_.WholeList("n", release, list), keeper_->held().get(), now);
    return keeper_->Take(**update);
  }

  static constexpr std::size_t size_max = 1024 * 1024;
  FakeDevice* device_ = nullptr;  // within exporter_
  std::unique_ptr<Exporter> exporter_;
  std::unique_ptr<Keeper> keeper_;

 private:
  std::unique_ptr<FakeDevice> TakeDevice() {
    auto device = std::make_unique<FakeDevice>();
    device_ = device.get();
    return device;
  }
  void Keep(std::unique_ptr<Exporter> exporter) {
    exporter_ = std::move(exporter);
    keeper_ = std::make_unique<Keeper>(*exporter_, LastKnownGood(folder_.path(), size_max),
                                       OnDrift::restore, "dns1", clock_);
    keeper_->Start();
  }

  platform::testing::TemporaryFolder folder_;
  platform::ManualClock clock_{now};
  Signer signer_;
};

TEST_F(GuardedDeviceTest, RefusesAListThatBlocksWhatMustWorkBeforeAnythingChanges) {
  Guard({Target("pay.example.org")});
  ASSERT_TRUE(Take(1, ListOf({"domain a.example"})).outcome);
  const Answer refused = Take(2, ListOf({"domain a.example", "domain example.org"}));
  ASSERT_FALSE(refused.outcome);
  EXPECT_EQ(refused.outcome.error().device, DeviceState::unchanged);
  EXPECT_NE(refused.outcome.error().reason.find("pay.example.org"), std::string::npos);
  EXPECT_EQ(device_->applied(), 1);
}

// The list does not name it, but the device blocks it all the same: a name whose address is listed.
TEST_F(GuardedDeviceTest, E4_ADeviceThatBlocksWhatMustWorkGetsItsLastGoodBack) {
  Guard({Target("other.example"), Target("pay.example.org")});
  device_->BlockAlso(Target("pay.example.org"), "ip 192.0.2.7/32");
  ASSERT_TRUE(Take(1, ListOf({"domain a.example"})).outcome);
  const Answer refused = Take(2, ListOf({"domain a.example", "ip 192.0.2.7/32"}));
  ASSERT_FALSE(refused.outcome);
  EXPECT_EQ(refused.outcome.error().device, DeviceState::unchanged);
  EXPECT_NE(refused.outcome.error().reason.find("the device blocks pay.example.org"),
            std::string::npos)
      << refused.outcome.error().reason;
  EXPECT_EQ(device_->text(), "domain a.example\n");
}

// The address of a name has moved to a listed one, or somebody else blocks it.
TEST_F(GuardedDeviceTest, WhatComesToBlockWhatMustWorkIsReportedAndNothingAppliedInVain) {
  Guard({Target("pay.example.org")});
  ASSERT_TRUE(Take(1, ListOf({"ip 192.0.2.7/32"})).outcome);
  EXPECT_FALSE(keeper_->Check()->drift);
  device_->BlockAlso(Target("pay.example.org"), "ip 192.0.2.7/32");
  for (int looks = 0; looks < 2; ++looks) {
    const auto receipt = keeper_->Check();
    ASSERT_TRUE(receipt);
    EXPECT_TRUE(receipt->drift);
    EXPECT_NE(receipt->read_back.find("the device blocks pay.example.org"), std::string::npos)
        << receipt->read_back;
  }
  EXPECT_EQ(device_->applied(), 1);
  ASSERT_TRUE(Take(2, ListOf({"domain a.example"})).outcome) << "which blocks it no more";
  EXPECT_FALSE(keeper_->Check()->drift);
}

TEST_F(GuardedDeviceTest, ADryRunReportsTheListAndEnforcesNothing) {
  RunDry(ListOf({"domain from.before.example"}));
  EXPECT_TRUE(exporter_->profile().dry_run);
  const Snapshot list = ListOf({"domain a.example", "domain b.example"});
  const Answer answer = Take(1, list);
  ASSERT_TRUE(answer.outcome) << answer.outcome.error().reason;
  EXPECT_EQ(answer.outcome->digest, list->digest());
  EXPECT_EQ(answer.outcome->count, 2U);
  EXPECT_EQ(answer.outcome->enforced, 0U);
  EXPECT_TRUE(answer.outcome->read_back.starts_with("a dry run: 2 entries would be enforced"));
  EXPECT_EQ(device_->text(), "") << "what it enforced before is gone, too";
}

TEST_F(GuardedDeviceTest, ADryRunEmptiesADeviceThatSomebodyFilled) {
  RunDry(ListOf({}));
  ASSERT_TRUE(Take(1, ListOf({"domain a.example"})).outcome);
  device_->Put("domain by.hand.example\n");
  const auto receipt = keeper_->Check();
  ASSERT_TRUE(receipt);
  EXPECT_TRUE(receipt->drift);
  EXPECT_EQ(receipt->difference, std::vector<std::string>{"+list.txt: domain by.hand.example"});
  EXPECT_EQ(device_->text(), "");
}

TEST_F(GuardedDeviceTest, E16_AReceiptShowsWhatSomebodyChangedByHand) {
  Guard({});
  ASSERT_TRUE(Take(1, ListOf({"domain a.example", "domain b.example"})).outcome);
  device_->Put("domain a.example\ndomain by.hand.example\n");
  const auto receipt = keeper_->Check();
  ASSERT_TRUE(receipt);
  EXPECT_TRUE(receipt->drift);
  EXPECT_EQ(receipt->difference, (std::vector<std::string>{"+list.txt: domain by.hand.example",
                                                           "-list.txt: domain b.example"}));
  EXPECT_FALSE(keeper_->Check()->drift);
}

TEST(DifferenceTest, ShowsTheFirstOfEachSide) {
  std::vector<int> held;
  for (int i = 0; i < 100; ++i) held.push_back(i);
  const auto lines =
      DifferenceOf(held, std::vector<int>{5, 200}, [](int entry) { return std::to_string(entry); });
  ASSERT_EQ(lines.size(), kDifferenceMax + 1);
  EXPECT_EQ(lines.front(), "+0");
  EXPECT_EQ(lines[5], "+6");
  EXPECT_EQ(lines.back(), "-200");
  EXPECT_TRUE(FileDifference("f", "a\nb", "b\na\n").empty() == false)
      << "a line without its end is another line";
  EXPECT_TRUE(FileDifference("f", "", "").empty());
}

}  // namespace
}  // namespace exporters
