// The page in a real browser, before a real agent with real devices, on what the real pipeline made
// of the feeds. What the people of the stories do is in agent/web/e2e.

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "platform/subprocess.h"
#include "tests/e2e/sample.h"
#include "tests/e2e/site_test.h"
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

  void StartSite() {
    SiteOptions options;
    options.web_root = SEKISHO_WEB_ROOT;
    // The dump is kept, and grows old.
    options.policy =
        "{version: \"1\", confidence_min: 50, ages: {domain: 3650d, ip: 3650d, url: 3650d}}";
    // What takes two people asks for the password again even within a story.
    options.accounts = "{confirmation_lifetime: 5s}";
    MakeSite(options);
    const fs::path config = fs::path(SEKISHO_SOURCE_DIR) / "config";
    site_->AddFeed("urlhaus", "urlhaus-csv",
                   WithTimes(ReadWholeFile(config / "sample/urlhaus.csv.in")));
    if (fs::exists(RealDataPath(dump_name))) {
      site_->AddFeed("urlhaus-dump", "urlhaus-csv", Decompressed(RealDataPath(dump_name)));
    }
    // A prefix this wide needs two people.
    site_->AddFeed("networks", "plain", "198.51.100.0/23\n", ", default_confidence: 90");
    for (const char* name : {"cdn", "hosting", "legitimate-service", "proxy"}) {
      site_->AddAllowlist(name, "plain",
                          ReadWholeFile(config / "allowlist" / (std::string(name) + ".txt")), name,
                          "url-only");
    }
    site_->Start();
  }
};

TEST_F(PageTest, IsWhatThePeopleOfTheStoriesNeed) {
  StartSite();
  platform::RunOptions options;
  options.timeout = std::chrono::minutes(8);
  options.output_max = 4 * 1024 * 1024;
  const std::vector<std::string> command{"/usr/bin/env",
                                         "SEKISHO_URL=" + site_->web_url(),
                                         "SEKISHO_FIRST_ADMIN=" + site_->first_admin_link(),
                                         "SEKISHO_CHROMIUM=" SEKISHO_CHROMIUM,
                                         "SEKISHO_SCREENSHOTS=" SEKISHO_SCREENSHOTS,
                                         SEKISHO_NODE,
                                         SEKISHO_SOURCE_DIR "/agent/web/e2e/stories.mjs"};
  const auto stories = platform::Run(command, options);
  ASSERT_TRUE(stories) << stories.error().detail;
  EXPECT_EQ(stories->exit_code, 0) << stories->out << stories->err << site_->agent().Log();
  std::cout << stories->out;
  ExpectGoodHistory();
}

}  // namespace
}  // namespace e2e
