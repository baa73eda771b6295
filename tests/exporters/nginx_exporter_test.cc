#include "exporters/nginx/nginx_exporter.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "exporters/marker.h"
#include "exporters/nginx/control.h"
#include "exporters/nginx/files.h"
#include "platform/clock.h"
#include "tests/exporters/exporter_test.h"
#include "tests/peers/nginx.h"
#include "tests/platform/temporary_folder.h"

namespace exporters {
namespace {

namespace fs = std::filesystem;
using exporters::testing::ExporterTest;
using exporters::testing::ListOf;

TEST(NginxFilesTest, WriteNamesWithAllBelowThemAndPrefixes) {
  const auto list = ListOf({"domain evil.example", "domain x.sekisho.invalid", "ip 192.0.2.0/24",
                            "ip 2001:db8::1/128", "url http://host.example/x"});
  const auto files = nginx::FilesOf(*list).value();
  EXPECT_EQ(files.files[0].bytes, "." + MarkerOf(list->digest()) + " 1;\n.evil.example 1;\n");
  EXPECT_EQ(files.files[1].bytes, "192.0.2.0/24 1;\n2001:db8::1/128 1;\n");
  EXPECT_EQ(files.enforced, 3U);
  EXPECT_EQ(files.not_enforceable, 2U);
}

class NginxExporterTest : public ExporterTest {
 protected:
  void SetUp() override { MakeNginxWith(403); }

  void MakeNginxWith(int blocked_status) {
    exporter_.reset();
    nginx_.reset();
    auto nginx = peers::Nginx::Make(folder_.path(), lists(), blocked_status);
    if (!nginx) {
      ASSERT_EQ(std::getenv("CI"), nullptr) << nginx.error().detail;
      GTEST_SKIP() << nginx.error().detail;
    }
    nginx_ = std::move(*nginx);
    MakeExporter("blocked_status: " + std::to_string(blocked_status));
    const auto started = nginx_->Start();
    ASSERT_TRUE(started.has_value()) << started.error().detail;
  }

  void MakeExporter(const std::string& more) {
    auto document = config::Document::Parse(
        "nginx: " + nginx_->program().string() + "\ndirectory: " + lists().string() +
            "\npid_file: " + nginx_->pid_file().string() + "\nreload_timeout: 5s\n" +
            "probe: {port: " + std::to_string(nginx_->port()) + ", " + more + "}\n",
        "nginx.yaml");
    ASSERT_TRUE(document.has_value()) << document.error().detail;
    auto exporter = MakeNginx(document->root(), {"edge", folder_.path(), clock_});
    ASSERT_TRUE(exporter.has_value()) << exporter.error().detail;
    exporter_ = std::move(*exporter);
  }

  fs::path lists() const { return folder_ / "lists"; }

  std::string Names() const {
    std::ifstream file(lists() / "names.map");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  bool Blocks(const std::string& host) const { return nginx_->Status(host) == 403; }

  platform::testing::TemporaryFolder folder_;
  platform::SystemClock clock_;
  std::unique_ptr<peers::Nginx> nginx_;
};

TEST_F(NginxExporterTest, BlocksNamesAndAddressesAndNothingElse) {
  ApplyWell(ListOf({"domain evil.example", "domain sub.evil.example", "domain sub.parent.example",
                    "ip 127.1.2.0/24", "ip 127.1.2.7/32", "ip 2001:db8::/32",
                    "url http://host.example/x"}));
  for (const char* host :
       {"evil.example", "EVIL.Example", "evil.example.", "evil.example:8080", "www.evil.example",
        "a.b.c.d.e.f.evil.example", "x.sub.parent.example", "evil.example.:80"}) {
    EXPECT_EQ(nginx_->Status(host), 403) << host;
  }
  for (const char* host : {"good.example", "notevil.example", "parent.example", "example",
                           "evil.example.good.example", "host.example"}) {
    EXPECT_EQ(nginx_->Status(host), 200) << host;
  }
  EXPECT_EQ(nginx_->Status("good.example", "127.1.2.0"), 403);
  EXPECT_EQ(nginx_->Status("good.example", "127.1.2.255"), 403);
  EXPECT_EQ(nginx_->Status("good.example", "127.1.3.0"), 200);
  EXPECT_EQ(nginx_->Status("good.example", "127.1.1.255"), 200);
}

TEST_F(NginxExporterTest, FollowsChanges) {
  ApplyWell(ListOf({"domain a.example", "domain b.example", "ip 127.1.2.0/24"}));
  ApplyWell(ListOf({"domain b.example", "domain c.example"}));
  EXPECT_FALSE(Blocks("a.example"));
  EXPECT_TRUE(Blocks("b.example"));
  EXPECT_TRUE(Blocks("x.c.example"));
  EXPECT_EQ(nginx_->Status("good.example", "127.1.2.9"), 200);
  ApplyWell(ListOf({}));
  EXPECT_FALSE(Blocks("b.example"));
}

TEST_F(NginxExporterTest, TakesTheLongestNamesAndRealisticSizes) {
  const std::string label(63, 'x');
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'y');
  ASSERT_EQ(longest.size(), 253U);
  std::vector<std::string> lines{"domain " + longest};
  for (int i = 0; i < 30000; ++i) {
    lines.push_back("domain n" + std::to_string(i) + ".example");
    lines.push_back("ip 10." + std::to_string(i / 256) + "." + std::to_string(i % 256) + ".0/24");
  }
  ApplyWell(ListOf(lines));
  EXPECT_TRUE(Blocks(longest));
  EXPECT_TRUE(Blocks("child.n29999.example"));
}

TEST_F(NginxExporterTest, ServesFromItsFilesAfterARestartOfNginx) {
  ApplyWell(ListOf({"domain a.example"}));
  nginx_->Stop();
  const auto refused = Apply(ListOf({"domain b.example"}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().device, DeviceState::unchanged) << refused.error().reason;
  ASSERT_TRUE(nginx_->Start());
  EXPECT_TRUE(Blocks("a.example"));
  EXPECT_FALSE(Blocks("b.example"));
  EXPECT_TRUE(Held(base_).matches);
}

TEST_F(NginxExporterTest, NoticesAHandEditAndMendsIt) {
  ApplyWell(ListOf({"domain a.example"}));
  std::ofstream(lists() / "names.map", std::ios::app) << ".by-hand.example 1;\n";
  const Proof found = Held(base_);
  EXPECT_FALSE(found.matches);
  EXPECT_NE(found.how.find("names.map is not this list's"), std::string::npos) << found.how;
  EXPECT_EQ(found.difference, std::vector<std::string>{"+names.map: .by-hand.example 1;"});
  const auto list = base_;
  base_.reset();
  ApplyWell(list);
}

TEST_F(NginxExporterTest, SaysWhichOfThoseThatMustWorkItBlocks) {
  ApplyWell(ListOf({"domain a.example"}));
  const policy::Indicator blocked = policy::GuessIndicator("www.a.example").value();
  const auto found = exporter_->Blocked({policy::GuessIndicator("work.example").value(), blocked});
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, std::vector<policy::Indicator>{blocked});
}

TEST_F(NginxExporterTest, PutsTheLastGoodBackWhenNginxCannotUseItsConfiguration) {
  ApplyWell(ListOf({"domain a.example"}));
  std::ofstream(nginx_->config(), std::ios::app) << "nonsense;\n";
  const auto refused = Apply(ListOf({"domain b.example"}));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().reason.find("goes on with the workers that it had"), std::string::npos)
      << refused.error().reason;
  EXPECT_TRUE(Blocks("a.example"));
  EXPECT_FALSE(Blocks("b.example"));
  EXPECT_NE(Names().find(".a.example"), std::string::npos);
}

TEST_F(NginxExporterTest, DoesNotSignalAnotherProcess) {
  ApplyWell(ListOf({"domain a.example"}));
  std::ofstream(nginx_->pid_file()) << getpid() << "\n";
  const auto refused = Apply(ListOf({"domain b.example"}));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().reason.find("which is not nginx"), std::string::npos)
      << refused.error().reason;
  EXPECT_EQ(refused.error().device, DeviceState::unchanged);
}

TEST_F(NginxExporterTest, ChangesNothingThatNginxItselfRefuses) {
  auto document = config::Document::Parse(
      "directory: " + lists().string() + "\nnginx: " + nginx_->program().string() + "\n",
      "nginx.yaml");
  const auto settings = nginx::ReadSettings(document->root());
  ASSERT_TRUE(settings) << settings.error().detail;
  const Artifact broken{{{"names.map", ".a.example 1;\n}\n"}, {"addresses.geo", ""}}, 1, 0};
  const auto refused = nginx::Check(*settings, broken, folder_ / "scratch");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("nginx -t refuses the list: [emerg]"), std::string::npos)
      << refused.error().detail;
  EXPECT_FALSE(fs::exists(folder_ / "scratch"));
}

TEST_F(NginxExporterTest, KnowsRulesThatHangUpInstead) {
  MakeNginxWith(444);
  ApplyWell(ListOf({"domain a.example"}));
  EXPECT_EQ(nginx_->Status("a.example"), 0);
  EXPECT_EQ(nginx_->Status("b.example"), 200);
}

}  // namespace
}  // namespace exporters
