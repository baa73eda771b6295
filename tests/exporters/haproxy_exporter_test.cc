#include "exporters/haproxy/haproxy_exporter.h"

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "exporters/haproxy/maps.h"
#include "exporters/marker.h"
#include "platform/atomic_file.h"
#include "platform/clock.h"
#include "tests/exporters/exporter_test.h"
#include "tests/peers/haproxy.h"
#include "tests/platform/temporary_folder.h"

namespace exporters {
namespace {

namespace fs = std::filesystem;
using exporters::testing::ExporterTest;
using exporters::testing::ListOf;
using exporters::testing::ListPtr;

// A real HAProxy, our exporter, and words for what a test does with them.
class HaproxyExporterTest : public ExporterTest {
 protected:
  void SetUp() override {
    auto haproxy = peers::Haproxy::Make(folder_.path(), maps());
    if (!haproxy) {
      ASSERT_EQ(std::getenv("CI"), nullptr) << haproxy.error().detail;
      GTEST_SKIP() << haproxy.error().detail;
    }
    haproxy_ = std::move(*haproxy);
    MakeExporter();
    const auto started = haproxy_->Start();
    ASSERT_TRUE(started.has_value()) << started.error().detail;
  }

  fs::path maps() const { return folder_ / "maps"; }

  std::string names() const { return maps() / "names.map"; }

  void MakeExporter() {
    auto document = config::Document::Parse(haproxy_->ExporterSettings(maps()), "haproxy.yaml");
    ASSERT_TRUE(document.has_value()) << document.error().detail;
    auto exporter = MakeHaproxy(document->root(), {"edge", folder_.path(), clock_});
    ASSERT_TRUE(exporter.has_value()) << exporter.error().detail;
    exporter_ = std::move(*exporter);
  }

  bool Blocks(const std::string& host) { return haproxy_->Status(host) == 403; }
  bool BlocksFrom(const std::string& source) {
    return haproxy_->Status("good.example", source) == 403;
  }

  platform::testing::TemporaryFolder folder_;
  platform::SystemClock clock_;
  std::unique_ptr<peers::Haproxy> haproxy_;
};

TEST_F(HaproxyExporterTest, BlocksNamesAndAddressesAndNothingElse) {
  ApplyWell(ListOf({"domain evil.example", "domain sub.parent.example", "ip 127.1.2.0/24",
                    "ip 2001:db8::/32", "url http://host.example/x"}));
  for (const char* host : {"evil.example", "EVIL.Example", "evil.example.", "evil.example:8080",
                           "www.evil.example", "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.evil.example",
                           "x.sub.parent.example", "evil.example.:80"}) {
    EXPECT_EQ(haproxy_->Status(host), 403) << host;
  }
  for (const char* host : {"good.example", "notevil.example", "parent.example", "example",
                           "evil.example.good.example", "host.example", "[2001:db8::1]"}) {
    EXPECT_EQ(haproxy_->Status(host), 200) << host;
  }
  EXPECT_TRUE(BlocksFrom("127.1.2.0"));
  EXPECT_TRUE(BlocksFrom("127.1.2.255"));
  EXPECT_FALSE(BlocksFrom("127.1.3.0"));
  EXPECT_FALSE(BlocksFrom("127.1.1.255"));
}

TEST_F(HaproxyExporterTest, ProvesWhatItEnforces) {
  const auto proof = Apply(ListOf(
      {"domain a.example", "domain b.a.example", "ip 192.0.2.1/32", "url http://x.example/y"}));
  ASSERT_TRUE(proof.has_value()) << proof.error().reason;
  EXPECT_TRUE(proof->matches) << proof->how;
  EXPECT_EQ(proof->enforced, 3U);
  EXPECT_EQ(proof->not_enforceable, 1U);
  EXPECT_EQ(exporter_->profile().software.substr(0, 10), "HAProxy 2.");
}

TEST_F(HaproxyExporterTest, FollowsChangesWithoutARestart) {
  ApplyWell(ListOf({"domain a.example", "domain b.example", "ip 127.1.2.0/24"}));
  ApplyWell(ListOf({"domain b.example", "domain c.example", "ip 127.1.3.7/32"}));
  EXPECT_FALSE(Blocks("a.example"));
  EXPECT_TRUE(Blocks("b.example"));
  EXPECT_TRUE(Blocks("x.c.example"));
  EXPECT_FALSE(BlocksFrom("127.1.2.9"));
  EXPECT_TRUE(BlocksFrom("127.1.3.7"));
  ApplyWell(ListOf({}));
  EXPECT_FALSE(Blocks("b.example"));
  EXPECT_FALSE(BlocksFrom("127.1.3.7"));
}

TEST_F(HaproxyExporterTest, TakesRealisticSizesWholeAndByOne) {
  std::vector<std::string> lines;
  for (int i = 0; i < 30000; ++i) {
    lines.push_back("domain n" + std::to_string(i) + ".example");
    lines.push_back("ip 10." + std::to_string(i / 256) + "." + std::to_string(i % 256) + ".0/24");
  }
  ApplyWell(ListOf(lines));
  EXPECT_TRUE(Blocks("child.n29999.example"));
  lines.emplace_back("domain one-more.example");
  ApplyWell(ListOf(lines));
  EXPECT_TRUE(Blocks("one-more.example"));
  EXPECT_TRUE(Blocks("n0.example"));
}

TEST_F(HaproxyExporterTest, ReportsNamesTooDeepForTheRulesAsNotEnforceable) {
  std::string deep = "example";
  for (std::size_t i = 1; i < haproxy::kLabelsMax; ++i) deep = "x." + deep;
  const auto proof = Apply(ListOf({"domain " + deep, "domain y." + deep}));
  ASSERT_TRUE(proof.has_value()) << proof.error().reason;
  EXPECT_EQ(proof->enforced, 1U);
  EXPECT_EQ(proof->not_enforceable, 1U);
  EXPECT_TRUE(Blocks(deep));
}

// The same suite under the names of the test matrix.
using ExporterFaults = HaproxyExporterTest;

TEST_F(ExporterFaults, E2_HaproxyThatIsDownKeepsItsListAndTheReasonIsGiven) {
  ApplyWell(ListOf({"domain a.example"}));
  haproxy_->Stop();
  const auto proof = Apply(ListOf({"domain b.example"}));
  ASSERT_FALSE(proof.has_value());
  EXPECT_EQ(proof.error().device, DeviceState::unchanged);
  EXPECT_NE(proof.error().reason.find("is HAProxy running"), std::string::npos);
  ASSERT_TRUE(haproxy_->Start().has_value());
  EXPECT_TRUE(Blocks("a.example"));
  EXPECT_FALSE(Blocks("b.example"));
}

TEST_F(ExporterFaults, E2_HaproxyWithoutOurRulesIsNoticed) {
  haproxy_->Stop();
  std::istringstream lines(platform::ReadFile(haproxy_->config(), 65536).value_or(""));
  std::string without_rules;
  for (std::string line; std::getline(lines, line);) {
    const bool is_rule = line.starts_with("  acl ") || line.starts_with("  http-request deny");
    if (!is_rule) without_rules += line + "\n";
  }
  ASSERT_TRUE(platform::WriteFileAtomically(haproxy_->config(), without_rules));
  ASSERT_TRUE(haproxy_->Start().has_value());
  const auto proof = Apply(ListOf({"domain b.example"}));
  ASSERT_FALSE(proof.has_value());
  EXPECT_EQ(proof.error().device, DeviceState::unchanged);
  EXPECT_NE(proof.error().reason.find("docs/devices/haproxy.md"), std::string::npos)
      << proof.error().reason;
}

TEST_F(ExporterFaults, E3_HaproxyConvergesAfterACrashInTheMiddleOfAChange) {
  const auto before = ListOf({"domain a.example", "domain b.example"});
  ApplyWell(before);
  // As a crash leaves it: the marker is gone, and part of the change is in.
  haproxy_->Ask("del map " + names() + " " + MarkerOf(before->digest()));
  haproxy_->Ask("add map " + names() + " c.example 1");
  MakeExporter();
  const auto held = exporter_->ReadBack(*before);
  ASSERT_TRUE(held.has_value());
  EXPECT_FALSE(held->matches);
  ApplyWell(ListOf({"domain b.example", "domain c.example"}));
  EXPECT_FALSE(Blocks("a.example"));
  EXPECT_TRUE(Blocks("c.example"));
}

TEST_F(ExporterFaults, E15_HaproxyKeepsItsRulesWhenTheExporterStopsAndItRestarts) {
  ApplyWell(ListOf({"domain a.example", "ip 127.1.2.0/24"}));
  ApplyWell(ListOf({"domain a.example", "domain b.example", "ip 127.1.2.0/24"}));
  exporter_.reset();
  EXPECT_TRUE(Blocks("b.example"));
  haproxy_->Stop();
  ASSERT_TRUE(haproxy_->Start().has_value());
  EXPECT_TRUE(Blocks("a.example"));
  EXPECT_TRUE(Blocks("b.example"));
  EXPECT_TRUE(BlocksFrom("127.1.2.1"));
  EXPECT_FALSE(Blocks("good.example"));
  MakeExporter();
  const auto held = exporter_->ReadBack(*base_);
  ASSERT_TRUE(held.has_value()) << held.error().reason;
  EXPECT_TRUE(held->matches) << held->how;
}

TEST_F(HaproxyExporterTest, SaysWhichOfThoseThatMustWorkItBlocks) {
  ApplyWell(ListOf({"domain a.example", "ip 127.1.2.0/24"}));
  const auto target = [](const char* text) { return policy::GuessIndicator(text).value(); };
  const auto blocked = exporter_->Blocked(
      {target("www.a.example"), target("b.example"), target("127.1.2.9"), target("127.1.3.9")});
  ASSERT_TRUE(blocked) << blocked.error().reason;
  EXPECT_EQ(*blocked,
            (std::vector<policy::Indicator>{target("www.a.example"), target("127.1.2.9")}));
}

TEST_F(ExporterFaults, E16_HaproxyMapEditedByHandIsNoticedAndMended) {
  const auto list = ListOf({"domain a.example", "ip 127.1.2.0/24"});
  ApplyWell(list);
  haproxy_->Ask("add map " + names() + " by-hand.example 1");
  EXPECT_TRUE(Blocks("by-hand.example"));
  const auto drifted = exporter_->ReadBack(*list);
  ASSERT_TRUE(drifted.has_value()) << drifted.error().reason;
  EXPECT_FALSE(drifted->matches);
  EXPECT_EQ(drifted->difference, std::vector<std::string>{"+domain by-hand.example"});
  base_ = nullptr;
  ApplyWell(list);
  EXPECT_FALSE(Blocks("by-hand.example"));
}

}  // namespace
}  // namespace exporters
