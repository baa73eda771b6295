// What our own people use is seen before it is cut off, and takes two to cut off.

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/e2e/site_test.h"
#include "tests/platform/temporary_folder.h"

namespace e2e {
namespace {

namespace fs = std::filesystem;

class OwnTrafficTest : public SiteTest {
 protected:
  // A request by each of so many clients, as Squid writes it.
  void Use(const std::string& host, int clients) {
    std::ofstream log(log_, std::ios::app);
    for (int i = 1; i <= clients; ++i) {
      log << std::chrono::duration_cast<std::chrono::seconds>(
                 std::chrono::system_clock::now().time_since_epoch())
                 .count()
          << ".123     30 10.0.0." << i << " TCP_TUNNEL/200 39 CONNECT " << host
          << ":443 - HIER_NONE/- -\n";
    }
  }

  // What `why` says of our own traffic.
  nlohmann::json TrafficOf(const std::string& indicator) {
    const auto why = site_->Run({"why", indicator, "-o", "json"});
    EXPECT_EQ(why.exit, 0) << why;
    return why.Json().value("traffic", nlohmann::json::object());
  }
  bool IsUsedBy(const std::string& indicator, const std::string& clients) {
    return TrafficOf(indicator).value("clients", "0") == clients;
  }

  platform::testing::TemporaryFolder folder_;
  fs::path log_ = folder_ / "access.log";
};

TEST_F(OwnTrafficTest, WhatManyUseIsSeenAndTakesTwoThroughRotationAndRestart) {
  SiteOptions options;
  options.traffic =
      "{logs: [{name: proxy, format: squid-access-log, file: " + log_.string() + "}]}";
  MakeSite(options);
  site_->AddAllowlist("hosting", "plain", "hosting.example\n", "hosting", "url-only");
  site_->AddFeed("sample", "plain", "used.example\nquiet.example\n", ", default_confidence: 90");
  Use("www.used.example", 4);
  site_->Start();
  ASSERT_TRUE(Eventually([&] { return IsUsedBy("used.example", "4"); })) << site_->agent().Log();

  fs::rename(log_, folder_ / "access.log.1");
  Use("cdn.used.example", 7);
  ASSERT_TRUE(Eventually([&] { return IsUsedBy("used.example", "7"); })) << site_->agent().Log();
  site_->agent().Stop();
  site_->StartAgent();
  ASSERT_TRUE(Eventually([&] { return IsUsedBy("used.example", "7"); })) << site_->agent().Log();
  EXPECT_EQ(TrafficOf("used.example").at("requests"), "11") << "none lost, none twice";
  EXPECT_EQ(TrafficOf("quiet.example").value("requests", "0"), "0");

  const auto first = site_->Run(
      {"queue", "approve", "--filter", "used", "--reason", "bad", "--yes", "-o", "json"}, "alice");
  ASSERT_EQ(first.exit, 0) << first;
  EXPECT_NE(first.err.find("used[.]example"), std::string::npos) << "the preview names it";
  EXPECT_EQ(first.Json().value("awaiting", "0"), "1") << first;
  ExpectBlockedNowhere({"domain used.example"});
  Approve("used", {}, "bob");
  ExpectBlockedEverywhere({"domain used.example"});
  ExpectGoodHistory();
}

}  // namespace
}  // namespace e2e
