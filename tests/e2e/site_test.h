#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "tests/e2e/site.h"

namespace e2e {

// A small site: one feed of synthetic indicators, and an allowlist by which URLs on
// "hosting.example" stay URLs.
class SiteTest : public testing::Test {
 protected:
  static constexpr const char* domain = "domain evil.example";
  static constexpr const char* address = "ip 198.51.100.23/32";
  static constexpr const char* url = "url http://hosting.example/evil/payload.bin";
  static std::vector<std::string> Targets() { return {domain, address, url}; }

  void MakeSite(SiteOptions options = {}) {
    site_ = std::make_unique<Site>(std::move(options));
    if (site_->missing().empty()) return;
    // What CI does not see, it must not call good.
    ASSERT_EQ(std::getenv("CI"), nullptr) << "a device is missing: " << site_->missing();
    std::cout << "goes on without some devices: " << site_->missing() << "\n";
  }

  void StartSmallSite(SiteOptions options = {}, const std::string& more_lines = "") {
    MakeSite(std::move(options));
    site_->AddAllowlist("hosting", "plain", "hosting.example\nwell-known.example\n", "hosting",
                        "url-only");
    site_->AddFeed("sample", "plain",
                   "evil.example\n198.51.100.23\nhttp://hosting.example/evil/payload.bin\n"
                   "other.example\n203.0.113.77\nhttp://hosting.example/other/x\n" +
                       more_lines);
    site_->Start();
  }

  // Has a person approve what one filter selects; returns once every device enforces it.
  void Approve(const std::string& filter, const std::vector<std::string>& more = {},
               const std::string& person = "alice") {
    std::vector<std::string> words{"queue",    "approve",      "--filter", filter,
                                   "--reason", "known as bad", "--yes"};
    words.insert(words.end(), more.begin(), more.end());
    const auto approved = site_->Run(words, person);
    ASSERT_EQ(approved.exit, 0) << approved;
    EXPECT_TRUE(site_->DevicesBecomeCurrent()) << Devices();
  }

  void ExpectBlockedEverywhere(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) {
      EXPECT_EQ(site_->Blocking(line), site_->Blockers(line)) << line;
    }
  }
  void ExpectBlockedNowhere(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) {
      EXPECT_EQ(site_->Blocking(line), std::set<std::string>{}) << line;
    }
  }
  void ExpectGoodHistory() {
    const auto verified = site_->VerifyHistory();
    EXPECT_EQ(verified.exit, 0) << verified;
  }

  std::string Devices() { return site_->Run({"device", "list", "-o", "json"}).out + site_->Logs(); }

  std::unique_ptr<Site> site_;
};

}  // namespace e2e
