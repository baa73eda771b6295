// The page in a real browser, before a real agent with real devices, on what the real pipeline made
// of the feeds. What the people of the stories do is in agent/web/e2e.

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "platform/atomic_file.h"
#include "platform/subprocess.h"
#include "tests/e2e/sample.h"
#include "tests/e2e/site_test.h"
#include "tests/peers/peers.h"
#include "tests/platform/temporary_folder.h"
#include "tests/policy/real_data.h"

namespace e2e {
namespace {

namespace fs = std::filesystem;

constexpr const char* dump_name = "urlhaus/csv_recent_2026-03-15.csv.zst";

class PageTest : public SiteTest {
 protected:
  void SetUp() override {
    if (fs::exists(SEKISHO_CHROMIUM) && fs::exists(SEKISHO_WEB_ROOT "/index.html")) return;
    ASSERT_EQ(std::getenv("CI"), nullptr) << "no Chromium, or the page is not built";
    GTEST_SKIP() << "no Chromium, or the page is not built: ./dev test prepares both";
  }

  void StartSite(SiteOptions options = {}) {
    options.web_root = SEKISHO_WEB_ROOT;
    // The dump is kept, and grows old.
    options.policy =
        "{version: \"1\", confidence_min: 50, ages: {domain: 3650d, ip: 3650d, url: 3650d}}";
    // What takes two people asks for the password again even within a story.
    options.accounts = "{confirmation_lifetime: 5s}";
    options.traffic = "{logs: [{name: proxy, format: squid-access-log, file: " +
                      (folder_ / "access.log").string() + "}]}";
    ASSERT_TRUE(
        platform::WriteFileAtomically(folder_ / "access.log", ThreeClientsOf("cdn.evil.example")));
    MakeSite(options);
    const fs::path config = fs::path(SEKISHO_SOURCE_DIR) / "config";
    site_->AddFeed("urlhaus", "urlhaus-csv",
                   WithTimes(ReadWholeFile(config / "sample/urlhaus.csv.in")));
    if (fs::exists(RealDataPath(dump_name))) {
      site_->AddFeed("urlhaus-dump", "urlhaus-csv", Decompressed(RealDataPath(dump_name)));
    }
    // A prefix this wide needs two people.
    site_->AddFeed("networks", "plain", "198.51.100.0/23\n", ", default_confidence: 90");
    site_->AddFeed("community", "misp-json", EventOf("Operation Dust", "dust.example"),
                   ", default_confidence: 90");
    for (const char* name : {"cdn", "hosting", "legitimate-service", "proxy"}) {
      site_->AddAllowlist(name, "plain",
                          ReadWholeFile(config / "allowlist" / (std::string(name) + ".txt")), name,
                          "url-only");
    }
    site_->Start();
  }

  // As MISP has it, of today.
  static std::string EventOf(const std::string& title, const std::string& domain) {
    return R"({"Event":{"uuid":"5abf6421-c1b8-477b-a9d2-9c0902de0b81","info":")" + title +
           R"(","Attribute":[{"type":"domain","to_ids":true,"value":")" + domain + "\"}]}}";
  }

  // As Squid writes it.
  static std::string ThreeClientsOf(const std::string& host) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
    std::string log;
    for (const char* client : {"10.0.0.1", "10.0.0.2", "10.0.0.3"}) {
      log += std::to_string(seconds) + ".000 30 " + client + " TCP_TUNNEL/200 39 CONNECT " + host +
             ":443 - HIER_NONE/- -\n";
    }
    return log;
  }

  platform::testing::TemporaryFolder folder_;

  // Has the people of a script in agent/web/e2e do their work.
  void Play(const std::string& script, const std::vector<std::string>& environment) {
    platform::RunOptions options;
    options.timeout = std::chrono::minutes(8);
    options.output_max = 4 * 1024 * 1024;
    std::vector<std::string> command{"/usr/bin/env", "SEKISHO_URL=" + site_->web_url(),
                                     "SEKISHO_CHROMIUM=" SEKISHO_CHROMIUM,
                                     "SEKISHO_SCREENSHOTS=" SEKISHO_SCREENSHOTS};
    command.insert(command.end(), environment.begin(), environment.end());
    command.insert(command.end(), {SEKISHO_NODE, SEKISHO_SOURCE_DIR "/agent/web/e2e/" + script});
    const auto played = platform::Run(command, options);
    ASSERT_TRUE(played) << played.error().detail;
    EXPECT_EQ(played->exit_code, 0) << played->out << played->err << site_->agent().Log();
    std::cout << played->out;
    ExpectGoodHistory();
  }
};

TEST_F(PageTest, IsWhatThePeopleOfTheStoriesNeed) {
  StartSite();
  Play("stories.mjs", {"SEKISHO_FIRST_ADMIN=" + site_->first_admin_link()});
}

TEST_F(PageTest, IsWhatAdminsNeedForPeopleAndScripts) {
  StartSite();
  Play("accounts.mjs", {"SEKISHO_FIRST_ADMIN=" + site_->first_admin_link()});
}

TEST_F(PageTest, LetsThoseAskWhomABlockStops) {
  StartSite();
  Play("unblock.mjs", {"SEKISHO_FIRST_ADMIN=" + site_->first_admin_link()});
}

TEST_F(PageTest, Z1_ShowsEachRoleOnlyWhatItMayCall) {
  StartSite();
  Play("roles.mjs", {"SEKISHO_FIRST_ADMIN=" + site_->first_admin_link()});
}

TEST_F(PageTest, LetsPeopleInByARealOpenIdProvider) {
  const std::string port = std::to_string(peers::FreePort());
  const platform::testing::TemporaryFolder folder;
  ASSERT_TRUE(platform::WriteFileAtomically(folder / "secret", "a secret of the story\n", 0600));
  SiteOptions options;
  options.oidc =
      "{issuer: \"http://localhost:" + port +
      "\", client_id: sekisho, client_secret_file: " + (folder / "secret").string() +
      ", label: Story SSO, allow_private: true, roles: [{value: approvers, role: approver}]}";
  StartSite(options);
  Play("sign_on.mjs", {"SEKISHO_PROVIDER_PORT=" + port});
}

}  // namespace
}  // namespace e2e
