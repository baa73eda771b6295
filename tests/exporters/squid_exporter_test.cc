#include "exporters/squid/squid_exporter.h"

#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "platform/atomic_file.h"
#include "platform/clock.h"
#include "platform/http_client.h"
#include "policy/release.h"
#include "tests/exporters/exporter_test.h"
#include "tests/peers/peers.h"
#include "tests/peers/squid.h"
#include "tests/platform/temporary_folder.h"

namespace exporters {
namespace {

namespace fs = std::filesystem;
using exporters::testing::ExporterTest;
using exporters::testing::ListOf;
using exporters::testing::ListPtr;

// A real Squid, our exporter, and words for what a test does with them.
class SquidExporterTest : public ExporterTest {
 protected:
  void SetUp() override {
    fs::create_directory(folder_ / "squid");
    ASSERT_EQ(chmod(folder_.path().c_str(), 0755), 0);
    auto squid = peers::Squid::Make(folder_ / "squid", acl() / "current/sekisho.conf");
    if (!squid) GTEST_SKIP() << squid.error().detail;
    squid_ = std::move(*squid);
    MakeExporter("");
    // As docs/devices/squid.md says: the exporter first, so that there is something to include
    // before any agent was heard.
    ASSERT_TRUE(fs::exists(acl() / "current/sekisho.conf"));
    EXPECT_FALSE(exporter_->ReadBack(*policy::ListSnapshot::Empty()).has_value());
    const auto started = squid_->Start();
    ASSERT_TRUE(started.has_value()) << started.error().detail;
  }

  fs::path acl() const { return folder_ / "acl"; }

  void MakeExporter(const std::string& more, const std::string& helper = SEKISHO_SQUID_ACL) {
    std::string yaml = squid_->ExporterSettings(acl(), helper, more);
    if (more.find("reconfigure_timeout") == std::string::npos) yaml += "reconfigure_timeout: 30s\n";
    auto document = config::Document::Parse(yaml, "squid.yaml");
    ASSERT_TRUE(document.has_value()) << document.error().detail;
    auto exporter = MakeSquid(document->root(), {"proxy-1", folder_.path(), clock_});
    ASSERT_TRUE(exporter.has_value()) << exporter.error().detail;
    exporter_ = std::move(*exporter);
  }

  int Status(const std::string& url) { return peers::StatusThroughProxy(squid_->port(), url); }
  bool Blocks(const std::string& url) { return Status(url) == 403; }

  platform::testing::TemporaryFolder folder_;
  platform::SystemClock clock_;
  std::unique_ptr<peers::Squid> squid_;
};

TEST_F(SquidExporterTest, BlocksNamesAddressesAndUrlsAndNothingElse) {
  ApplyWell(
      ListOf({"domain evil.example", "ip 192.0.2.1/32", "ip 198.51.100.0/24", "ip 2001:db8::/32",
              "url http://host.example/payload.bin", "url https://github.com/evil/x"}));
  for (const char* url :
       {"http://evil.example/", "http://www.EVIL.example/any", "evil.example:443",
        "http://192.0.2.1/", "http://198.51.100.0/", "http://198.51.100.255/", "198.51.100.77:443",
        "http://[2001:db8:ffff::1]/", "http://host.example/payload.bin",
        "http://host.example/%70ayload.bin", "http://host.example:80/x/../payload.bin"}) {
    EXPECT_EQ(Status(url), 403) << url;
  }
  for (const char* url : {"http://good.example/", "http://notevil.example/", "http://host.example/",
                          "http://host.example/payload.bin2", "github.com:443"}) {
    EXPECT_NE(Status(url), 403) << url;
    EXPECT_NE(Status(url), 0) << url;
  }
}

// What agent/web/src/lib/unblock_target.ts takes apart.
TEST_F(SquidExporterTest, TheErrorPageLinksToTheFormByWhichPeopleAskForASite) {
  const fs::path errors = folder_ / "errors";
  fs::create_directory(errors);
  fs::copy(SEKISHO_SOURCE_DIR "/exporters/squid/ERR_SEKISHO_BLOCKED", errors);
  std::ofstream(squid_->config(), std::ios::app) << "error_directory " << errors.string() << "\n";
  squid_->Stop();
  ASSERT_TRUE(squid_->Start());
  ApplyWell(ListOf({"domain evil.example"}));
  platform::HttpRequest request;
  request.url = "http://evil.example/a?b=1&c=%41%22%3e%3cscript%3e";
  request.proxy = "http://127.0.0.1:" + std::to_string(squid_->port());
  const auto page = platform::CurlHttpClient("Sekisho").Send(request);
  ASSERT_TRUE(page) << page.error().detail;
  EXPECT_EQ(page->status, 403);
  // Squid leaves out what comes after "?" (strip_query_terms).
  EXPECT_NE(
      page->body.find("href=\"https://sekisho.example.org/unblock?target=http://evil.example/a?\""),
      std::string::npos)
      << page->body;
  EXPECT_EQ(page->body.find("<script>"), std::string::npos) << page->body;
}

TEST_F(SquidExporterTest, ProvesWhatItEnforces) {
  const auto proof =
      Apply(ListOf({"domain evil.example", "domain a.evil.example", "url https://x.example/y"}));
  ASSERT_TRUE(proof.has_value()) << proof.error().reason;
  EXPECT_TRUE(proof->matches);
  EXPECT_EQ(proof->enforced, 2U);
  EXPECT_EQ(proof->not_enforceable, 1U);
  EXPECT_EQ(exporter_->profile().software.substr(0, 6), "Squid ");
}

TEST_F(SquidExporterTest, UnblocksWhatLeavesTheList) {
  ApplyWell(ListOf({"domain a.example", "domain b.example", "url http://c.example/x"}));
  ApplyWell(ListOf({"domain b.example"}));
  EXPECT_FALSE(Blocks("http://a.example/"));
  EXPECT_FALSE(Blocks("http://c.example/x"));
  EXPECT_TRUE(Blocks("http://b.example/"));
}

TEST_F(SquidExporterTest, ChangesAUrlWithoutReconfiguring) {
  ApplyWell(ListOf({"domain a.example", "url http://c.example/x"}));
  const auto reconfigured = squid_->CacheLog().find("Reconfiguring Squid Cache");
  ASSERT_NE(reconfigured, std::string::npos);
  ApplyWell(ListOf({"domain a.example", "url http://c.example/y"}));
  EXPECT_EQ(squid_->CacheLog().find("Reconfiguring Squid Cache", reconfigured + 1),
            std::string::npos);
  EXPECT_FALSE(Blocks("http://c.example/x"));
  EXPECT_TRUE(Blocks("http://c.example/y"));
}

TEST_F(SquidExporterTest, ChangesANameWithoutReconfiguringIfTheHelperHasThem) {
  MakeExporter("names_in: helper\n");
  ApplyWell(ListOf({"domain a.example"}));
  const auto reconfigured = squid_->CacheLog().find("Reconfiguring Squid Cache");
  ApplyWell(ListOf({"domain b.example"}));
  EXPECT_EQ(squid_->CacheLog().find("Reconfiguring Squid Cache", reconfigured + 1),
            std::string::npos);
  EXPECT_FALSE(Blocks("http://a.example/"));
  EXPECT_TRUE(Blocks("http://www.b.example/"));
  EXPECT_TRUE(Blocks("b.example:443"));
}

// I5, I8: whoever compares the names, the same requests are denied, however they are spelt.
TEST_F(SquidExporterTest, AnswersTheSameWhoeverHasTheNames) {
  const auto list =
      ListOf({"domain evil.example", "domain sub.parent.example", "domain x_y.example",
              "domain xn--bcher-kva.example", "ip 192.0.2.0/24", "ip 2001:db8::1/128",
              "url http://host.example/a?b=c", "url http://host.example/%5Bx%5D"});
  const struct {
    const char* url;
    bool blocked;
  } requests[] = {
      {"http://evil.example/", true},
      {"http://evil.example./", true},
      {"http://WWW.Evil.Example:8080/x", true},
      {"http://_a.b_.evil.example/", true},
      {"http://-.evil.example/", true},
      {"http://user@evil.example/", true},
      {"http://sub.parent.example/", true},
      {"http://x_y.example/", true},
      {"http://xn--bcher-kva.example/", true},
      {"evil.example:443", true},
      {"A.EVIL.example:8443", true},
      {"192.0.2.77:443", true},
      {"http://192.0.2.255/", true},
      {"http://[2001:db8::1]/", true},
      {"http://host.example/a?b=c", true},
      {"http://host.example/%61?b=%63", true},
      {"http://HOST.example:80/./a?b=c", true},
      {"http://host.example/%5bx%5D", true},
      {"http://host.example/[x]", false},
      {"http://host.example/a", false},
      {"http://host.example/a?b=c&d", false},
      {"host.example:443", false},
      {"http://parent.example/", false},
      {"http://evil.example.good.example/", false},
      {"http://good.example/?http://evil.example/", false},
      {"http://good.example/%0A1%20http://evil.example/%20-", false},
      {"http://good.example/\"evil.example\"", false},
      {"http://192.0.3.1/", false},
      {"http://[2001:db8::2]/", false},
  };
  for (const char* names_in : {"squid", "helper"}) {
    MakeExporter(std::string("names_in: ") + names_in + "\n");
    ApplyWell(list);
    for (const auto& request : requests) {
      EXPECT_EQ(Status(request.url) == 403, request.blocked) << names_in << ": " << request.url;
    }
  }
  EXPECT_TRUE(squid_->Running());
}

TEST_F(SquidExporterTest, TakesRealisticSizesWithParentsAndChildren) {
  std::vector<std::string> lines;
  for (int i = 0; i < 20000; ++i) {
    const std::string name = "n" + std::to_string(i) + ".example";
    lines.push_back("domain " + name);
    if (i % 3 == 0) lines.push_back("domain child." + name);
    lines.push_back("ip 10." + std::to_string(i / 256) + "." + std::to_string(i % 256) + ".0/24");
  }
  const auto start = std::chrono::steady_clock::now();
  ApplyWell(ListOf(std::move(lines)));
  std::cout << "40000 entries enforced after "
            << std::chrono::duration_cast<std::chrono::milliseconds>(
                   std::chrono::steady_clock::now() - start)
                   .count()
            << " ms\n";
  EXPECT_TRUE(Blocks("http://child.n3.example/"));
}

// E6: whatever the list, and though somebody broke a file by hand, Squid goes on serving.
TEST_F(SquidExporterTest, SurvivesABrokenFileLeftInItsFolder) {
  ApplyWell(ListOf({"domain a.example"}));
  std::ofstream(acl() / "current/names.acl", std::ios::app)
      << ".x.a.example\n.a.example\na.example\n";
  const auto drifted = exporter_->ReadBack(*base_);
  ASSERT_TRUE(drifted.has_value()) << drifted.error().reason;
  EXPECT_FALSE(drifted->matches);
  ApplyWell(ListOf({"domain a.example"}));
  EXPECT_TRUE(squid_->Running());
  EXPECT_TRUE(Blocks("http://a.example/"));
}

TEST_F(SquidExporterTest, SaysWhichOfThoseThatMustWorkTheProxyBlocks) {
  ApplyWell(ListOf({"domain a.example", "ip 127.0.0.0/8", "url http://shared.example/bad"}));
  const auto blocked = exporter_->Blocked(
      {policy::GuessIndicator("www.a.example").value(), policy::GuessIndicator("b.example").value(),
       policy::GuessIndicator("127.0.0.9").value(), policy::GuessIndicator("2001:db8::2").value(),
       policy::GuessIndicator("http://shared.example/bad").value(),
       policy::GuessIndicator("http://shared.example/good").value(),
       // Within https, Squid sees the host.
       policy::GuessIndicator("https://a.example/pay").value()});
  ASSERT_TRUE(blocked) << blocked.error().reason;
  std::vector<std::string> names;
  for (const policy::Indicator& one : *blocked) names.push_back(policy::TextOf(one));
  EXPECT_EQ(names,
            (std::vector<std::string>{"www.a.example", "127.0.0.9/32", "http://shared.example/bad",
                                      "https://a.example/pay"}));
}

TEST_F(SquidExporterTest, SaysSoIfSquidDoesNotIncludeItsRules) {
  std::ifstream file(squid_->config());
  std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::string include = "include " + (acl() / "current/sekisho.conf").string();
  text.replace(text.find(include), include.size(), "# nothing of ours");
  ASSERT_TRUE(platform::WriteFileAtomically(squid_->config(), text));
  MakeExporter("reconfigure_timeout: 2s\n");
  const auto proof = Apply(ListOf({"domain a.example"}));
  ASSERT_FALSE(proof.has_value());
  EXPECT_NE(proof.error().reason.find(include), std::string::npos) << proof.error().reason;
}

// The same suite under the names of the test matrix.
using ExporterFaults = SquidExporterTest;

TEST_F(ExporterFaults, E2_SquidsOwnCheckerRefusesAndTheOldListStays) {
  ApplyWell(ListOf({"domain a.example"}));
  const auto before = fs::read_symlink(acl() / "current");
  // Stands for any line that Squid's parser refuses.
  std::ofstream(folder_ / "bad.conf") << "acl broken dstdomain .x.example x.example\n";
  MakeExporter("scratch_include: " + (folder_ / "bad.conf").string() + "\n");
  const auto proof = Apply(ListOf({"domain b.example"}));
  ASSERT_FALSE(proof.has_value());
  EXPECT_EQ(proof.error().device, DeviceState::unchanged);
  EXPECT_NE(proof.error().reason.find("x.example"), std::string::npos) << proof.error().reason;
  EXPECT_EQ(fs::read_symlink(acl() / "current"), before);
  EXPECT_TRUE(Blocks("http://a.example/"));
  EXPECT_FALSE(Blocks("http://b.example/"));
}

// Squid 5.7 accepts a helper that isn't there, and then ends itself.
TEST_F(ExporterFaults, E2_SquidNeverGetsAHelperThatDoesNotWork) {
  ApplyWell(ListOf({"domain a.example"}));
  std::ofstream(folder_ / "closed") << "#!/bin/sh\n";
  ASSERT_EQ(chmod((folder_ / "closed").c_str(), 0700), 0);
  for (const std::string& helper : {std::string("/nonexistent/helper"), std::string("/bin/false"),
                                    std::string("/bin/cat"), (folder_ / "closed").string()}) {
    MakeExporter("", helper);
    const auto proof = Apply(ListOf({"domain b.example"}));
    ASSERT_FALSE(proof.has_value()) << helper;
    EXPECT_EQ(proof.error().device, DeviceState::unchanged);
    EXPECT_NE(proof.error().reason.find(helper), std::string::npos) << proof.error().reason;
    EXPECT_TRUE(squid_->Running());
    EXPECT_TRUE(Blocks("http://a.example/"));
  }
}

TEST_F(ExporterFaults, E2_SquidThatIsDownKeepsItsListAndTheReasonIsGiven) {
  ApplyWell(ListOf({"domain a.example"}));
  squid_->Stop();
  const auto proof = Apply(ListOf({"domain b.example"}));
  ASSERT_FALSE(proof.has_value());
  EXPECT_EQ(proof.error().device, DeviceState::unchanged);
  EXPECT_NE(proof.error().reason.find("is Squid running"), std::string::npos);
  ASSERT_TRUE(squid_->Start().has_value());
  EXPECT_TRUE(Blocks("http://a.example/"));
  EXPECT_FALSE(Blocks("http://b.example/"));
}

TEST_F(ExporterFaults, E3_SquidConvergesAfterACrashBetweenSwitchAndReconfigure) {
  ApplyWell(ListOf({"domain a.example"}));
  const auto first = fs::read_symlink(acl() / "current");
  ApplyWell(ListOf({"domain b.example"}));
  // As a crash right after the switch leaves it: the link says the old list, Squid has the new.
  fs::remove(acl() / "current");
  fs::create_symlink(first, acl() / "current");
  MakeExporter("");
  const auto a_list = ListOf({"domain a.example"});
  const auto held = exporter_->ReadBack(*a_list);
  ASSERT_TRUE(held.has_value());
  EXPECT_FALSE(held->matches) << "Squid still has the other list in memory";
  base_ = nullptr;
  ApplyWell(a_list);
  EXPECT_TRUE(Blocks("http://a.example/"));
  EXPECT_FALSE(Blocks("http://b.example/"));
}

TEST_F(ExporterFaults, E6_SquidNeverSeesABrokenFile) {
  // Each of these orders and pairs would end Squid 5.7, or leave a hole, if written as listed.
  ApplyWell(ListOf({"domain a.b.example", "domain b.example", "domain x.a.b.example",
                    "ip 10.0.0.1/32", "ip 10.0.0.0/24", "ip 10.0.0.0/8"}));
  EXPECT_TRUE(squid_->Running());
  EXPECT_TRUE(Blocks("http://10.0.0.200/"));
  EXPECT_TRUE(Blocks("http://q.b.example/"));
  EXPECT_EQ(squid_->CacheLog().find("is a subdomain of"), std::string::npos);
}

TEST_F(ExporterFaults, E15_SquidKeepsItsRulesWhenTheExporterStops) {
  ApplyWell(ListOf({"domain a.example", "url http://c.example/x"}));
  exporter_.reset();
  EXPECT_TRUE(Blocks("http://a.example/"));
  EXPECT_TRUE(Blocks("http://c.example/x"));
  squid_->Stop();
  ASSERT_TRUE(squid_->Start().has_value());
  EXPECT_TRUE(Blocks("http://a.example/"));
  EXPECT_TRUE(Blocks("http://c.example/x"));
}

TEST_F(ExporterFaults, E15_SquidWithoutAListDoesAsConfigured) {
  for (const bool block : {false, true}) {
    MakeExporter(std::string("without_list: ") + (block ? "block" : "let_through") + "\n");
    ApplyWell(ListOf({"ip 192.0.2.1/32", "url http://c.example/x"}));
    squid_->Stop();
    ASSERT_TRUE(platform::WriteFileAtomically(acl() / "current/requests.list", "damaged"));
    ASSERT_TRUE(squid_->Start().has_value());
    EXPECT_EQ(Blocks("http://c.example/x"), block);
    EXPECT_EQ(Blocks("http://good.example/"), block);
    EXPECT_TRUE(Blocks("http://192.0.2.1/")) << "it is in Squid's own ACL";
    EXPECT_NE(squid_->CacheLog().find("does not begin with"), std::string::npos);
    base_ = nullptr;
    ApplyWell(ListOf({"ip 192.0.2.1/32", "url http://c.example/x"}));
    EXPECT_TRUE(Blocks("http://c.example/x"));
    EXPECT_FALSE(Blocks("http://good.example/"));
  }
}

TEST_F(ExporterFaults, E15_SquidsHelpersAnswerManyRequestsAtOnce) {
  MakeExporter("names_in: helper\n");
  ApplyWell(ListOf({"domain a.example"}));
  std::atomic<int> wrong = 0;
  std::vector<std::thread> clients;
  for (int client = 0; client < 40; ++client) {
    clients.emplace_back([&, client] {
      for (int i = 0; i < 25; ++i) {
        const bool evil = (client + i) % 2 == 0;
        if (Blocks(evil ? "http://x.a.example/" : "http://127.0.0.1:1/") != evil) ++wrong;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(wrong, 0) << squid_->CacheLog();
  EXPECT_EQ(squid_->CacheLog().find("queue full"), std::string::npos);
}

TEST_F(ExporterFaults, E16_SquidListEditedByHandIsNoticedAndMended) {
  ApplyWell(ListOf({"domain a.example", "domain b.example"}));
  const auto file = acl() / "current/requests.list";
  ASSERT_TRUE(platform::WriteFileAtomically(file, "domain by-hand.example\n"));
  const auto drifted = exporter_->ReadBack(*base_);
  ASSERT_TRUE(drifted.has_value());
  EXPECT_FALSE(drifted->matches);
  ASSERT_FALSE(drifted->difference.empty());
  EXPECT_EQ(drifted->difference.front(), "+requests.list: domain by-hand.example");
  ApplyWell(ListOf({"domain a.example", "domain b.example"}));
  EXPECT_FALSE(Blocks("http://by-hand.example/"));
}

}  // namespace
}  // namespace exporters
