// CrowdSec's own bouncers, as Debian packs them, enforce what they pull from our exporter.
#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "exporters/crowdsec/crowdsec_exporter.h"
#include "platform/clock.h"
#include "policy/digest.h"
#include "tests/exporters/exporter_test.h"
#include "tests/peers/crowdsec.h"
#include "tests/peers/netns.h"
#include "tests/peers/peers.h"
#include "tests/platform/temporary_folder.h"

namespace exporters {
namespace {

using exporters::testing::ExporterTest;
using exporters::testing::ListOf;

const std::string key = "the-key-of-the-only-bouncer";

class CrowdsecBouncersTest : public ExporterTest {
 protected:
  void SetUp() override {
    auto network = peers::NetworkPair::Make();
    if (!network) GTEST_SKIP() << network.error().detail;
    network_ = std::move(*network);
    inside_ = network_->GoInside();
    ASSERT_NE(inside_, nullptr);
    MakeExporter();
  }

  void MakeExporter(const std::string& more = "") {
    exporter_.reset();
    auto document =
        config::Document::Parse("port: " + std::to_string(port_) +
                                    "\npull_within: 20s\nbouncers: [{name: fw, key_sha256: " +
                                    policy::ToHex(policy::Sha256Of(key)) + "}]\n" + more,
                                "crowdsec.yaml");
    ASSERT_TRUE(document.has_value()) << document.error().detail;
    auto exporter = MakeCrowdsec(document->root(), {"edge", folder_.path(), clock_});
    ASSERT_TRUE(exporter.has_value()) << exporter.error().detail;
    exporter_ = std::move(*exporter);
  }

  std::string Url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  // Skips the test where there is no such bouncer.
  void StartFirewall(peers::FirewallBouncer::Mode mode) {
    auto bouncer = peers::FirewallBouncer::Start(folder_.path(), mode, Url(), key);
    if (!bouncer) {
      ASSERT_EQ(std::getenv("CI"), nullptr) << bouncer.error().detail;
      GTEST_SKIP() << bouncer.error().detail;
    }
    firewall_ = std::move(*bouncer);
  }

  // Whether it becomes so within 20 s.
  static bool Soon(const std::function<bool()>& so) {
    for (int i = 0; i < 100; ++i) {
      if (so()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
    return false;
  }

  void EnforcesAndFollows() {
    ASSERT_TRUE(Soon([&] { return !network_->IsReachedFrom("198.51.100.7"); })) << firewall_->Log();
    ASSERT_TRUE(Soon([&] { return !network_->IsReachedFrom("2001:db8:2::7"); }));
    EXPECT_FALSE(network_->IsReachedFrom("203.0.113.2"));
    EXPECT_FALSE(network_->IsReachedFrom("203.0.113.3"));
    EXPECT_TRUE(Soon([&] { return network_->IsReachedFrom("198.51.100.8"); }));
    EXPECT_TRUE(Soon([&] { return network_->IsReachedFrom("203.0.113.4"); }));
    EXPECT_TRUE(Soon([&] { return network_->IsReachedFrom("2001:db8:2::8"); }));
    // A change: one comes, one goes, one stays.
    const auto proof = Apply(ListOf({"ip 198.51.100.9/32", "ip 2001:db8:2::7/128"}));
    ASSERT_TRUE(proof.has_value()) << proof.error().reason;
    EXPECT_EQ(proof->how.find("before the latest change"), std::string::npos) << proof->how;
    EXPECT_TRUE(Soon([&] { return network_->IsReachedFrom("198.51.100.7"); })) << firewall_->Log();
    EXPECT_TRUE(Soon([&] { return !network_->IsReachedFrom("198.51.100.9"); }));
    EXPECT_TRUE(network_->IsReachedFrom("203.0.113.2"));
    EXPECT_FALSE(network_->IsReachedFrom("2001:db8:2::7"));
    const Proof held = Held(base_);
    EXPECT_TRUE(held.matches);
    EXPECT_NE(held.how.find("fw (crowdsec-firewall-bouncer/"), std::string::npos) << held.how;
    // We go away and come back: it keeps what it has, and misses nothing.
    exporter_.reset();
    std::this_thread::sleep_for(std::chrono::seconds(2));
    EXPECT_FALSE(network_->IsReachedFrom("198.51.100.9"));
    MakeExporter();
    ASSERT_TRUE(Apply(ListOf({"ip 198.51.100.10/32"})));
    EXPECT_TRUE(Soon([&] { return !network_->IsReachedFrom("198.51.100.10"); }));
    EXPECT_TRUE(Soon([&] { return network_->IsReachedFrom("198.51.100.9"); })) << firewall_->Log();
    EXPECT_TRUE(firewall_->Running());
  }

  platform::testing::TemporaryFolder folder_;
  platform::SystemClock clock_;
  std::uint16_t port_ = peers::FreePort();
  std::unique_ptr<peers::NetworkPair> network_;
  std::unique_ptr<peers::NetworkPair::Stay> inside_;
  std::unique_ptr<peers::FirewallBouncer> firewall_;
};

TEST_F(CrowdsecBouncersTest, TheFirewallBouncerEnforcesOnNftables) {
  ASSERT_TRUE(Apply(ListOf({"ip 198.51.100.7/32", "ip 203.0.113.2/31", "ip 2001:db8:2::7/128"})));
  StartFirewall(peers::FirewallBouncer::Mode::nftables);
  if (firewall_) EnforcesAndFollows();
}

TEST_F(CrowdsecBouncersTest, TheFirewallBouncerEnforcesOnIptablesWithIpset) {
  ASSERT_TRUE(Apply(ListOf({"ip 198.51.100.7/32", "ip 203.0.113.2/31", "ip 2001:db8:2::7/128"})));
  StartFirewall(peers::FirewallBouncer::Mode::iptables);
  if (firewall_) EnforcesAndFollows();
}

TEST_F(CrowdsecBouncersTest, RangesAreEnforcedAsSuchOnIptablesWithIpset) {
  MakeExporter("prefixes: ranges\n");
  ASSERT_TRUE(Apply(ListOf({"ip 203.0.113.0/25", "ip 198.51.100.7/32"})));
  StartFirewall(peers::FirewallBouncer::Mode::iptables);
  if (!firewall_) return;
  EXPECT_TRUE(Soon([&] { return !network_->IsReachedFrom("203.0.113.127"); })) << firewall_->Log();
  EXPECT_TRUE(network_->IsReachedFrom("203.0.113.128"));
}

TEST_F(CrowdsecBouncersTest, TheCustomBouncerCallsItsProgramForEachDecision) {
  ASSERT_TRUE(Apply(ListOf({"ip 198.51.100.7/32"})));
  auto bouncer = peers::CustomBouncer::Start(folder_.path(), Url(), key);
  if (!bouncer) {
    ASSERT_EQ(std::getenv("CI"), nullptr) << bouncer.error().detail;
    GTEST_SKIP() << bouncer.error().detail;
  }
  const auto calls = [&](const std::string& start) {
    return ("\n" + (*bouncer)->Calls()).find("\n" + start) != std::string::npos;
  };
  EXPECT_TRUE(Soon([&] { return calls("add 198.51.100.7 "); })) << (*bouncer)->Calls();
  ASSERT_TRUE(Apply(ListOf({"ip 198.51.100.8/32"})));
  EXPECT_TRUE(Soon([&] { return calls("add 198.51.100.8 "); })) << (*bouncer)->Calls();
  EXPECT_TRUE(Soon([&] { return calls("del 198.51.100.7 "); })) << (*bouncer)->Calls();
}

}  // namespace
}  // namespace exporters
