#include "exporters/ipset/ipset_exporter.h"

#include <cstdlib>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "platform/clock.h"
#include "platform/subprocess.h"
#include "tests/exporters/exporter_test.h"
#include "tests/peers/netns.h"
#include "tests/peers/peers.h"

namespace exporters {
namespace {

using exporters::testing::ExporterTest;
using exporters::testing::ListOf;

// The kernel's own ipset and iptables in a namespace of the test's, with a cable to an "Internet".
class IpsetExporterTest : public ExporterTest {
 protected:
  void SetUp() override {
    for (const char* name : {"ipset", "iptables", "ip6tables"}) {
      if (peers::Find(name)) continue;
      ASSERT_EQ(std::getenv("CI"), nullptr) << name;
      GTEST_SKIP() << "no " << name << "; run ./dev test, or deploy/dev/peers.sh";
    }
    auto network = peers::NetworkPair::Make();
    if (!network) GTEST_SKIP() << network.error().detail;
    network_ = std::move(*network);
    MakeExporter();
    for (const char* rule : {"iptables -I INPUT -m set --match-set sekisho4 src -j DROP",
                             "iptables -I OUTPUT -m set --match-set sekisho4 dst -j DROP",
                             "ip6tables -I INPUT -m set --match-set sekisho6 src -j DROP",
                             "ip6tables -I OUTPUT -m set --match-set sekisho6 dst -j DROP"}) {
      Do(rule);
    }
  }

  void MakeExporter(const std::string& more = "") {
    auto document =
        config::Document::Parse("ipset: " + peers::Find("ipset")->string() +
                                    "\nnetwork_namespace: " + network_->inside() + "\n" + more,
                                "ipset.yaml");
    ASSERT_TRUE(document.has_value());
    auto exporter = MakeIpset(document->root(), {"fw-1", "/", clock_});
    ASSERT_TRUE(exporter.has_value()) << exporter.error().detail;
    exporter_ = std::move(*exporter);
  }

  // As the admin of the device would, by hand; gives what it says.
  std::string Do(const std::string& command) {
    std::istringstream words(command);
    std::string program;
    words >> program;
    std::vector<std::string> argv{peers::Find("ip")->string(), "netns", "exec", network_->inside(),
                                  peers::Find(program)->string()};
    for (std::string word; words >> word;) argv.push_back(word);
    const auto output = platform::Run(argv, {});
    EXPECT_TRUE(output && output->exit_code == 0) << command << ": " << (output ? output->err : "");
    return output ? output->out : "";
  }

  platform::ManualClock clock_{policy::TimePoint{}};
  std::unique_ptr<peers::NetworkPair> network_;
};

TEST_F(IpsetExporterTest, DropsRealTrafficToAndFromListedAddresses) {
  ASSERT_TRUE(network_->Reaches("198.51.100.7"));
  ASSERT_TRUE(network_->Reaches("2001:db8:2::7"));
  ApplyWell(ListOf({"ip 198.51.100.7/32", "ip 2001:db8:2::7/128", "ip 203.0.113.0/25"}));
  EXPECT_FALSE(network_->Reaches("198.51.100.7"));
  EXPECT_FALSE(network_->Reaches("2001:db8:2::7"));
  EXPECT_FALSE(network_->IsReachedFrom("198.51.100.7"));
  EXPECT_FALSE(network_->IsReachedFrom("2001:db8:2::7"));
  EXPECT_FALSE(network_->IsReachedFrom("203.0.113.127"));
  EXPECT_TRUE(network_->Reaches("198.51.100.8"));
  EXPECT_TRUE(network_->IsReachedFrom("203.0.113.128"));
  EXPECT_TRUE(network_->IsReachedFrom("2001:db8:2::8"));
  const std::string how = Held(base_).how;
  EXPECT_EQ(how.find("found 0 packets"), std::string::npos) << how;
}

TEST_F(IpsetExporterTest, FollowsChangesOneByOneAndWhole) {
  ApplyWell(ListOf({"ip 198.51.100.7/32", "ip 203.0.113.0/24", "ip 203.0.113.64/26"}));
  const auto proof = Apply(ListOf({"ip 203.0.113.64/26", "ip 198.51.100.9/32"}));
  ASSERT_TRUE(proof) << proof.error().reason;
  EXPECT_NE(proof->how.find("the kernel took each of 3 changes"), std::string::npos) << proof->how;
  EXPECT_TRUE(network_->Reaches("198.51.100.7"));
  EXPECT_FALSE(network_->Reaches("198.51.100.9"));
  EXPECT_TRUE(network_->Reaches("203.0.113.63"));
  EXPECT_FALSE(network_->Reaches("203.0.113.64"));
  EXPECT_TRUE(Held(base_).matches);
  std::vector<std::string> many;
  for (int i = 0; i < 20'000; ++i) {
    many.push_back("ip 10." + std::to_string(i / 256) + "." + std::to_string(i % 256) + ".0/24");
  }
  ApplyWell(ListOf(many));
  EXPECT_TRUE(network_->Reaches("203.0.113.64"));
  ApplyWell(ListOf({}));
  EXPECT_TRUE(network_->Reaches("198.51.100.9"));
}

TEST_F(IpsetExporterTest, GrowsOneByOneBeyondWhatTheSetWasMadeFor) {
  std::vector<std::string> lines;
  for (int i = 0; i < 140'000; ++i) {
    lines.push_back("ip 10." + std::to_string(i / 65'536) + "." + std::to_string(i / 256 % 256) +
                    "." + std::to_string(i % 256) + "/32");
    if (i % 9'000 == 0 || i == 139'999) {
      const auto proof = Apply(ListOf(lines));
      ASSERT_TRUE(proof) << proof.error().reason;
      ASSERT_TRUE(proof->matches) << proof->how;
    }
  }
  EXPECT_TRUE(Held(base_).matches);
}

TEST_F(IpsetExporterTest, NoticesHandEditsAndMendsThem) {
  const auto list = ListOf({"ip 198.51.100.7/32", "ip 2001:db8:2::7/128"});
  ApplyWell(list);
  Do("ipset add sekisho4 198.51.100.8");
  EXPECT_FALSE(Held(list).matches);
  // By a delta, too, which then is made as a whole.
  Do("ipset del sekisho4 198.51.100.8");
  ApplyWell(list);
  Do("ipset del sekisho4 198.51.100.7");
  ApplyWell(ListOf({"ip 2001:db8:2::7/128"}));
  Do("ipset flush sekisho6");
  EXPECT_FALSE(Held(base_).matches);
  const auto wanted = base_;
  base_.reset();
  ApplyWell(wanted);
  EXPECT_FALSE(network_->Reaches("2001:db8:2::7"));
}

TEST_F(IpsetExporterTest, RefusesAListWhileNoRuleUsesASet) {
  Do("ip6tables -F");
  const auto refused = Apply(ListOf({"ip 198.51.100.7/32"}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().device, DeviceState::unchanged);
  EXPECT_NE(refused.error().reason.find("no rule uses the set sekisho6"), std::string::npos)
      << refused.error().reason;
  MakeExporter("ipv6: false\n");
  const auto proof = Apply(ListOf({"ip 198.51.100.7/32", "ip 2001:db8:2::7/128"}));
  ASSERT_TRUE(proof) << proof.error().reason;
  EXPECT_EQ(proof->enforced, 1U);
  EXPECT_EQ(proof->not_enforceable, 1U);
  EXPECT_FALSE(network_->Reaches("198.51.100.7"));
}

TEST_F(IpsetExporterTest, RefusesToBlockEveryAddress) {
  ApplyWell(ListOf({"ip 198.51.100.7/32"}));
  const auto refused = Apply(ListOf({"ip 0.0.0.0/0"}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().device, DeviceState::unchanged);
  EXPECT_TRUE(network_->Reaches("198.51.100.8"));
  EXPECT_TRUE(Held(base_).matches);
}

TEST_F(IpsetExporterTest, KeepsBlockingWhenTheExporterStops) {
  ApplyWell(ListOf({"ip 198.51.100.7/32"}));
  exporter_.reset();
  EXPECT_FALSE(network_->Reaches("198.51.100.7"));
  MakeExporter();
  EXPECT_TRUE(Held(base_).matches);
  ApplyWell(ListOf({"ip 198.51.100.8/32"}));
}

TEST_F(IpsetExporterTest, LetsEntriesEndAndRenewsThemWhereItIsToHoldThemForATime) {
  MakeExporter("hold: 10h\n");
  ApplyWell(ListOf({"ip 198.51.100.7/32", "ip 198.51.100.8/32"}));
  const auto timeouts = [&] {
    std::vector<int> found;
    std::istringstream lines(Do("ipset save sekisho4"));
    for (std::string line; std::getline(lines, line);) {
      const auto at = line.find(" timeout ");
      if (line.starts_with("add ")) found.push_back(std::atoi(line.c_str() + at + 9));
    }
    return found;
  };
  ASSERT_EQ(timeouts().size(), 2U);
  for (const int seconds : timeouts()) {
    EXPECT_GT(seconds, 5 * 3600 - 60);
    EXPECT_LE(seconds, 10 * 3600);
  }
  Do("ipset -exist add sekisho4 198.51.100.7 timeout 60");
  EXPECT_TRUE(Held(base_).matches);
  clock_.Advance(std::chrono::hours(3));
  EXPECT_TRUE(Held(base_).matches);
  for (const int seconds : timeouts()) EXPECT_GT(seconds, 5 * 3600 - 60);
  EXPECT_FALSE(network_->Reaches("198.51.100.7"));
}

}  // namespace
}  // namespace exporters
