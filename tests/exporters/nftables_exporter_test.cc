#include "exporters/nftables/nftables_exporter.h"

#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "exporters/keeper.h"
#include "exporters/nftables/netlink.h"
#include "platform/clock.h"
#include "platform/subprocess.h"
#include "policy/release.h"
#include "tests/exporters/exporter_test.h"
#include "tests/exporters/signed_updates.h"
#include "tests/peers/netns.h"
#include "tests/peers/peers.h"
#include "tests/platform/temporary_folder.h"

namespace exporters {
namespace {

using Clock = std::chrono::steady_clock;
using exporters::testing::ExporterTest;
using exporters::testing::ListOf;
using exporters::testing::ListPtr;

double MillisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// The kernel's own nftables in a namespace of the test's, with a cable to an "Internet".
class NftablesExporterTest : public ExporterTest {
 protected:
  void SetUp() override {
    const auto nft = peers::Find("nft");
    if (!nft) GTEST_SKIP() << "no nft; run ./dev test, or deploy/dev/peers.sh";
    nft_ = nft->string();
    auto network = peers::NetworkPair::Make();
    if (!network) GTEST_SKIP() << network.error().detail;
    network_ = std::move(*network);
    MakeExporter();
  }

  void MakeExporter() {
    auto document = config::Document::Parse(
        "nft: " + nft_ + "\nnetwork_namespace: " + network_->inside() + "\n", "nftables.yaml");
    ASSERT_TRUE(document.has_value());
    auto exporter = MakeNftables(document->root(), {"fw-1", "/", clock_});
    ASSERT_TRUE(exporter.has_value()) << exporter.error().detail;
    exporter_ = std::move(*exporter);
  }

  // Without reading back, which has the exporter know more than it did.
  void ApplyWell(const ListPtr& list) {
    const auto proof = Apply(list);
    ASSERT_TRUE(proof.has_value()) << proof.error().reason << "\n" << Ruleset();
    EXPECT_TRUE(proof->matches) << proof->how;
  }

  // As the admin of the device would, by hand.
  void Nft(const std::string& command) {
    const auto output = platform::Run(
        {peers::Find("ip")->string(), "netns", "exec", network_->inside(), nft_, command}, {});
    ASSERT_TRUE(output.has_value());
    ASSERT_EQ(output->exit_code, 0) << command << ": " << output->err;
  }

  std::string Ruleset() {
    const auto output = platform::Run(
        {peers::Find("ip")->string(), "netns", "exec", network_->inside(), nft_, "list", "ruleset"},
        {});
    return output ? output->out : "";
  }

  std::string nft_;
  platform::ManualClock clock_{policy::TimePoint{}};
  std::unique_ptr<peers::NetworkPair> network_;
};

TEST_F(NftablesExporterTest, DropsRealTrafficToAndFromListedAddresses) {
  ASSERT_TRUE(network_->Reaches("198.51.100.7"));
  ASSERT_TRUE(network_->Reaches("2001:db8:2::7"));
  ASSERT_TRUE(network_->IsReachedFrom("198.51.100.7"));
  ApplyWell(ListOf({"ip 198.51.100.7/32", "ip 2001:db8:2::7/128"}));
  EXPECT_FALSE(network_->Reaches("198.51.100.7"));
  EXPECT_FALSE(network_->Reaches("2001:db8:2::7"));
  EXPECT_FALSE(network_->IsReachedFrom("198.51.100.7"));
  EXPECT_FALSE(network_->IsReachedFrom("2001:db8:2::7"));
  EXPECT_TRUE(network_->Reaches("198.51.100.8"));
  EXPECT_TRUE(network_->Reaches("2001:db8:2::8"));
  EXPECT_TRUE(network_->IsReachedFrom("198.51.100.8"));
  EXPECT_TRUE(network_->IsReachedFrom("2001:db8:2::8"));
  const std::string how = Held(base_).how;
  EXPECT_NE(how.find("drops what is in them, "), std::string::npos) << how;
  EXPECT_EQ(how.find(", 0 packets"), std::string::npos) << how;
}

TEST_F(NftablesExporterTest, UnblocksWhatLeavesTheList) {
  ApplyWell(ListOf({"ip 198.51.100.7/32", "ip 203.0.113.0/24", "ip 203.0.113.64/26"}));
  ApplyWell(ListOf({"ip 203.0.113.64/26"}));
  EXPECT_TRUE(network_->Reaches("198.51.100.7"));
  EXPECT_TRUE(network_->Reaches("203.0.113.63"));
  EXPECT_TRUE(network_->Reaches("203.0.113.128"));
  EXPECT_FALSE(network_->Reaches("203.0.113.64"));
  EXPECT_FALSE(network_->Reaches("203.0.113.127"));
  EXPECT_TRUE(Held(base_).matches) << Ruleset();
}

TEST_F(NftablesExporterTest, TakesNeighbouringAndOutermostRanges) {
  ApplyWell(ListOf({"ip 0.0.0.0/8", "ip 198.51.100.0/25", "ip 198.51.100.128/25",
                    "ip 255.255.255.0/24", "ip ff00::/8", "ip 2001:db8:2::/64"}));
  EXPECT_EQ(Held(base_).enforced, 6U);
  EXPECT_FALSE(network_->Reaches("198.51.100.127"));
  EXPECT_FALSE(network_->Reaches("198.51.100.128"));
  ApplyWell(ListOf({"ip 0.0.0.0/8", "ip 198.51.100.128/25", "ip 255.255.255.0/24"}));
  EXPECT_TRUE(network_->Reaches("198.51.100.127"));
  EXPECT_FALSE(network_->Reaches("198.51.100.128"));
  EXPECT_TRUE(Held(base_).matches) << Ruleset();
}

TEST_F(NftablesExporterTest, ReportsWhatItCannotEnforce) {
  const auto proof = Apply(ListOf({"domain a.example", "ip 198.51.100.7/32"}));
  ASSERT_TRUE(proof.has_value()) << proof.error().reason;
  EXPECT_EQ(proof->enforced, 1U);
  EXPECT_EQ(proof->not_enforceable, 1U);
  const auto next = Apply(ListOf({"domain a.example", "domain b.example"}));
  ASSERT_TRUE(next.has_value()) << next.error().reason;
  EXPECT_EQ(next->enforced, 0U);
  EXPECT_EQ(next->not_enforceable, 2U);
}

// The agent goes away for good after one list: real packets pass again once a block's time is over,
// not before, and the others stay dropped.
TEST_F(NftablesExporterTest, InvariantFour_BlocksEndOnTimeInAKernelWhoseAgentIsGone) {
  const platform::testing::TemporaryFolder folder;
  clock_.Set(exporters::testing::now);
  const auto ends = [](int hours) {
    return policy::Terms::Of(exporters::testing::now + std::chrono::hours(hours), 90);
  };
  const auto list = policy::ListSnapshot::FromTermed(
      {{"ip 198.51.100.7/32", ends(1)}, {"ip 198.51.100.8/32", ends(48)}});
  const exporters::testing::Signer signer;
  Assembler assembler(signer.public_key(), 10'000);
  const auto update = assembler.Add(signer.WholeList("n", 1, list), nullptr, clock_.Now());
  {
    Keeper keeper(*exporter_, LastKnownGood(folder.path(), 10'000), OnDrift::restore, "fw-1",
                  clock_);
    keeper.Start();
    ASSERT_TRUE(keeper.Take(**update).outcome);
  }
  Keeper keeper(*exporter_, LastKnownGood(folder.path(), 10'000), OnDrift::restore, "fw-1", clock_);
  keeper.Start();
  clock_.Advance(std::chrono::minutes(59));
  keeper.EndLines(true);
  EXPECT_FALSE(network_->Reaches("198.51.100.7"));
  clock_.Advance(std::chrono::minutes(6));
  const auto receipt = keeper.EndLines(true);
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->ended, 1U);
  EXPECT_TRUE(network_->Reaches("198.51.100.7"));
  EXPECT_FALSE(network_->Reaches("198.51.100.8"));
  EXPECT_FALSE(keeper.Check()->drift);
}

TEST_F(NftablesExporterTest, E11_AKernelThatTakesOneGetsTheHighestRisk) {
  const platform::testing::TemporaryFolder folder;
  clock_.Set(exporters::testing::now);
  const auto list = policy::ListSnapshot::FromTermed(
      {{"ip 198.51.100.7/32", {1, 50}}, {"ip 198.51.100.8/32", {1, 100}}});
  const exporters::testing::Signer signer;
  Assembler assembler(signer.public_key(), 10'000);
  const auto update = assembler.Add(signer.WholeList("n", 1, list), nullptr, clock_.Now());
  Keeper keeper(*exporter_, LastKnownGood(folder.path(), 10'000), OnDrift::restore, "fw-1", clock_,
                1);
  keeper.Start();
  const auto receipt = keeper.Take(**update).outcome;
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->enforced, 1U);
  EXPECT_EQ(receipt->left_out.at(0).sample, std::vector<std::string>{"ip 198.51.100.7/32"});
  EXPECT_TRUE(network_->Reaches("198.51.100.7"));
  EXPECT_FALSE(network_->Reaches("198.51.100.8"));
}

TEST_F(NftablesExporterTest, LeavesOtherTablesAlone) {
  Nft("add table inet somebody_elses");
  ApplyWell(ListOf({"ip 198.51.100.7/32"}));
  EXPECT_NE(Ruleset().find("table inet somebody_elses"), std::string::npos);
}

// The delta path against what a new exporter reads of the whole, after many changes.
TEST_F(NftablesExporterTest, HoldsTheListAfterManySmallChanges) {
  std::vector<std::string> lines;
  for (int i = 0; i < 64; ++i) lines.push_back("ip 10.0." + std::to_string(i) + ".0/24");
  ApplyWell(ListOf(lines));
  for (int round = 0; round < 60; ++round) {
    std::vector<std::string> now;
    for (int i = 0; i < 64; ++i) {
      if ((i * 7 + round * 5) % 11 != 0) now.push_back("ip 10.0." + std::to_string(i) + ".0/24");
      if ((i + round) % 5 == 0) now.push_back("ip 10.0." + std::to_string(i) + ".128/25");
      if ((i + round) % 9 == 0) now.push_back("ip 192.0.2." + std::to_string(i) + "/32");
    }
    if (round % 7 == 0) now.push_back("ip 10.0.0.0/18");
    if (round % 13 == 0) now.push_back("ip 2001:db8::/32");
    ApplyWell(ListOf(std::move(now)));
  }
  MakeExporter();
  EXPECT_TRUE(Held(base_).matches) << Held(base_).how;
}

// Whether reading back relied on an earlier reading.
bool IsBySample(const Proof& proof) {
  return proof.how.find("no change but ours since") != std::string::npos;
}

TEST_F(NftablesExporterTest, ReadsAllAgainOnlyIfSomebodyElseChangedSomethingOrAfterADay) {
  const auto list = ListOf({"ip 198.51.100.7/32", "ip 203.0.113.0/24"});
  ApplyWell(list);
  EXPECT_FALSE(IsBySample(Held(list))) << "what was written was not all read";
  EXPECT_TRUE(IsBySample(Held(list)));
  EXPECT_EQ(Held(list).enforced, 2U);

  const auto more = ListOf({"ip 198.51.100.7/32", "ip 198.51.100.9/32", "ip 203.0.113.0/24"});
  ApplyWell(more);
  EXPECT_TRUE(IsBySample(Held(more))) << "our own change, looked up when it was made";
  EXPECT_EQ(Held(more).enforced, 3U);
  EXPECT_FALSE(Held(list).matches) << "another list than was read back";
  EXPECT_FALSE(IsBySample(Held(more)));

  Nft("add table inet somebody_elses");
  const Proof after = Held(more);
  EXPECT_TRUE(after.matches);
  EXPECT_FALSE(IsBySample(after));
  EXPECT_TRUE(IsBySample(Held(more)));

  Nft("add element inet sekisho v4_hosts { 192.0.2.99 }");
  ApplyWell(list);
  EXPECT_FALSE(Held(list).matches) << "what somebody else added is found by reading all";
  base_ = nullptr;
  ApplyWell(list);
  EXPECT_TRUE(Held(list).matches);
  EXPECT_TRUE(IsBySample(Held(list)));
  clock_.Advance(std::chrono::hours(24));
  EXPECT_FALSE(IsBySample(Held(list)));
  EXPECT_TRUE(IsBySample(Held(list)));
}

TEST_F(NftablesExporterTest, ChangesOneOfAHundredThousandQuickly) {
  std::vector<std::string> lines;
  for (int i = 0; i < 100'000; ++i) {
    // Every other /24, so that no two of them merge.
    lines.push_back("ip " + std::to_string(11 + i / 32768) + "." + std::to_string(i / 128 % 256) +
                    "." + std::to_string(i % 128 * 2) + ".0/24");
    lines.push_back("ip 172." + std::to_string(16 + i / 65536) + "." +
                    std::to_string(i / 256 % 256) + "." + std::to_string(i % 256) + "/32");
  }
  auto start = Clock::now();
  ApplyWell(ListOf(lines));
  std::cout << "100k nets and 100k hosts loaded and read back: " << MillisecondsSince(start)
            << " ms\n";
  start = Clock::now();
  EXPECT_TRUE(Held(base_).matches);
  std::cout << "read back: " << MillisecondsSince(start) << " ms\n";
  start = Clock::now();
  EXPECT_EQ(Held(base_).enforced, 200'000U);
  std::cout << "read back, when nothing has changed: " << MillisecondsSince(start) << " ms\n";

  for (const char* added : {"ip 198.51.100.7/32", "ip 198.51.100.0/24"}) {
    const auto list = *base_->Apply({{added}, {}});
    const policy::Delta delta{{added}, {}};
    start = Clock::now();
    const auto proof = exporter_->Apply({base_.get(), *list, delta});
    std::cout << "one more, " << added << ": " << MillisecondsSince(start) << " ms\n";
    ASSERT_TRUE(proof.has_value()) << proof.error().reason;
    base_ = list;
    EXPECT_FALSE(network_->Reaches("198.51.100.7"));
  }
  EXPECT_EQ(Held(base_).enforced, 200'002U);
}

// The same suite under the names of the test matrix.
using ExporterFaults = NftablesExporterTest;

TEST_F(ExporterFaults, E2_NftablesListThatIsRefusedChangesNothing) {
  ApplyWell(ListOf({"ip 198.51.100.7/32"}));
  const auto proof = Apply(ListOf({"ip 0.0.0.0/0", "ip 198.51.100.7/32"}));
  ASSERT_FALSE(proof.has_value());
  EXPECT_EQ(proof.error().device, DeviceState::unchanged);
  EXPECT_NE(proof.error().reason.find("0.0.0.0/0"), std::string::npos);
  EXPECT_FALSE(network_->Reaches("198.51.100.7"));
  EXPECT_TRUE(network_->Reaches("198.51.100.8"));
}

TEST_F(ExporterFaults, E5_NftablesPrefixCoversItsWholeRange) {
  ApplyWell(ListOf({"ip 203.0.113.0/24", "ip 2001:db8:2:8000::/49"}));
  for (const char* address : {"203.0.113.0", "203.0.113.1", "203.0.113.128", "203.0.113.255",
                              "2001:db8:2:8000::", "2001:db8:2:ffff:ffff:ffff:ffff:ffff"}) {
    EXPECT_FALSE(network_->Reaches(address)) << address;
  }
  for (const char* address : {"198.51.100.255", "2001:db8:2:7fff:ffff:ffff:ffff:ffff"}) {
    EXPECT_TRUE(network_->Reaches(address)) << address;
  }
}

TEST_F(ExporterFaults, E3_NftablesConvergesFromWhateverACrashLeft) {
  // A table of ours, half made, with something old in it.
  Nft("add table inet sekisho");
  Nft("add set inet sekisho v4_hosts { type ipv4_addr; }");
  Nft("add element inet sekisho v4_hosts { 192.0.2.77 }");
  Nft("add chain inet sekisho output { type filter hook output priority 5; }");
  const auto list = ListOf({"ip 198.51.100.7/32"});
  EXPECT_FALSE(Held(list).matches);
  ApplyWell(list);
  EXPECT_FALSE(network_->Reaches("198.51.100.7"));
  EXPECT_EQ(Held(list).enforced, 1U);
}

TEST_F(ExporterFaults, E15_NftablesKeepsItsRulesWhenTheExporterStops) {
  ApplyWell(ListOf({"ip 198.51.100.7/32"}));
  exporter_.reset();
  EXPECT_FALSE(network_->Reaches("198.51.100.7"));
  MakeExporter();
  EXPECT_TRUE(Held(base_).matches);
}

TEST_F(ExporterFaults, E16_NftablesChangedByHandIsNoticedAndMended) {
  const auto list = ListOf({"ip 198.51.100.7/32", "ip 203.0.113.0/24", "ip 2001:db8:2::/48"});
  const auto more = ListOf(
      {"ip 198.51.100.7/32", "ip 203.0.113.0/24", "ip 2001:db8:2::/48", "ip 198.51.100.9/32"});
  for (const char* command :
       {"flush ruleset", "delete table inet sekisho", "flush set inet sekisho v4_nets",
        "delete element inet sekisho v4_hosts { 198.51.100.7 }",
        "add element inet sekisho v4_hosts { 192.0.2.99 }", "flush chain inet sekisho output",
        "insert rule inet sekisho output accept",
        "add rule inet sekisho output ip daddr 192.0.2.50 accept",
        "add table inet sekisho { flags dormant; }"}) {
    SCOPED_TRACE(command);
    base_ = nullptr;
    ApplyWell(list);
    // Twice, so that the second relies on the first.
    EXPECT_TRUE(Held(list).matches);
    EXPECT_TRUE(Held(list).matches);
    Nft(command);
    EXPECT_FALSE(Held(list).matches);
    ApplyWell(more);
    EXPECT_TRUE(Held(more).matches) << Held(more).how;
    EXPECT_FALSE(network_->Reaches("198.51.100.7"));
    EXPECT_FALSE(network_->Reaches("203.0.113.255"));
  }
}

TEST_F(ExporterFaults, O6_ManyChangesOfPrefixesAreOneTransactionOfTheKernel) {
  auto netlink = nftables::Netlink::Open(network_->inside(), std::chrono::seconds(20));
  ASSERT_TRUE(netlink) << netlink.error().detail;
  const auto nets = [](int from, int to) {
    std::vector<std::string> lines;
    for (int i = from; i < to; ++i) {
      lines.push_back("ip 10." + std::to_string(i / 256) + "." + std::to_string(i % 256) + ".0/24");
    }
    return lines;
  };
  ApplyWell(ListOf(nets(0, 5000)));
  EXPECT_TRUE(Held(base_).matches);
  const auto before = netlink->Generation();
  ASSERT_TRUE(before);
  ApplyWell(ListOf(nets(1000, 6000)));
  EXPECT_EQ(netlink->Generation().value(), *before + 1);
  EXPECT_TRUE(Held(base_).matches);
}

TEST_F(ExporterFaults, E16_NftablesShowsWhatSomebodyChanged) {
  ApplyWell(ListOf({"ip 198.51.100.7/32", "ip 203.0.113.0/24"}));
  Nft("delete element inet sekisho v4_hosts { 198.51.100.7 }");
  Nft("add element inet sekisho v4_hosts { 192.0.2.99 }");
  EXPECT_EQ(Held(base_).difference,
            (std::vector<std::string>{"+ip 192.0.2.99", "-ip 198.51.100.7"}));
}

TEST_F(ExporterFaults, NftablesSaysWhichOfThoseThatMustWorkItBlocks) {
  ApplyWell(ListOf({"ip 198.51.100.7/32", "ip 203.0.113.0/24", "ip 2001:db8:2::/48"}));
  const auto target = [](const char* text) { return policy::GuessIndicator(text).value(); };
  const auto blocked =
      exporter_->Blocked({target("198.51.100.7"), target("198.51.100.8"), target("203.0.113.9"),
                          target("2001:db8:2::1"), target("2001:db8:3::1"), target("a.example")});
  ASSERT_TRUE(blocked) << blocked.error().reason;
  EXPECT_EQ(*blocked, (std::vector<policy::Indicator>{target("198.51.100.7"), target("203.0.113.9"),
                                                      target("2001:db8:2::1")}));
}

TEST_F(ExporterFaults, E16_NftablesElementLostBehindOurBackIsMendedByTheNextSmallChange) {
  ApplyWell(ListOf({"ip 198.51.100.7/32", "ip 203.0.113.0/24"}));
  Nft("delete element inet sekisho v4_hosts { 198.51.100.7 }");
  // The delta removes what is gone already: the kernel refuses it whole, and all is compared.
  ApplyWell(ListOf({"ip 203.0.113.0/24", "ip 203.0.113.0/25"}));
  EXPECT_TRUE(Held(base_).matches);
}

}  // namespace
}  // namespace exporters
