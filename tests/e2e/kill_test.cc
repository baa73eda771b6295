// Invariant 8: whatever process dies at whatever instant, devices go on blocking, nothing that was
// acknowledged is lost, and all is well again after a restart.

#include <algorithm>
#include <chrono>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "platform/atomic_file.h"
#include "tests/agent/notify_receiver.h"
#include "tests/e2e/site_test.h"
#include "tests/platform/temporary_folder.h"

namespace e2e {
namespace {

using KillTest = SiteTest;

constexpr int rounds = 10;
constexpr int names_a_round = 400;
constexpr int urls_a_round = 100;

std::string Batch(int round) {
  return "batch" + std::to_string(round) + "x";
}

// Indicators for every round and one before them, told apart by a word in them.
std::string Batches() {
  std::string lines;
  for (int round = 0; round <= rounds; ++round) {
    const auto name = [&](int i) { return Batch(round) + std::to_string(i); };
    for (int i = 0; i < names_a_round; ++i) lines += name(i) + ".example\n";
    for (int i = 0; i < urls_a_round; ++i) lines += "http://hosting.example/" + name(i) + "\n";
  }
  return lines;
}

std::vector<std::string> ApprovalOf(int round) {
  return {"queue", "approve", "--filter", Batch(round), "--reason", "in bulk", "--yes"};
}

std::size_t CountOf(const std::vector<std::string>& lines, int round) {
  return static_cast<std::size_t>(
      std::count_if(lines.begin(), lines.end(),
                    [&](const std::string& line) { return line.find(Batch(round)) != line.npos; }));
}

TEST_F(KillTest, S1_Invariant8_AnAgentKilledAtAnyInstantLosesNothingThatItAcknowledged) {
  SiteOptions options;
  options.brake = "{added_percent_max: 100000}";
  StartSmallSite(options, Batches());
  Approve("evil");
  Approve("198.51.100.23");
  // How long an approval takes here tells which instants are of interest.
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_EQ(site_->Begin(ApprovalOf(rounds)).Wait(), 0);
  const auto usual = std::chrono::steady_clock::now() - begin;
  std::mt19937 random(20261124);
  std::uniform_real_distribution<double> share(0.0, 1.0);
  const auto sleep = [&] { std::this_thread::sleep_for(usual * share(random)); };
  int acknowledged = 0;
  int kept_rounds = 0;
  for (int round = 0; round < rounds; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    auto command = site_->Begin(ApprovalOf(round));
    sleep();
    site_->agent().Kill();
    const bool was_acknowledged = command.Wait() == 0;
    if (was_acknowledged) ++acknowledged;
    ExpectBlockedEverywhere(Targets());

    // And once more while it starts, in every other round.
    if (round % 2 == 1) {
      site_->agent().Start();
      sleep();
      site_->agent().Kill();
    }
    site_->StartAgent();
    ExpectGoodHistory();
    const std::size_t kept = CountOf(site_->Lines("all"), round);
    if (kept != 0) ++kept_rounds;
    EXPECT_TRUE(kept == 0 || kept == names_a_round + urls_a_round) << kept << command.Said();
    EXPECT_TRUE(kept != 0 || !was_acknowledged) << command.Said();
    if (kept == 0) Approve(Batch(round));
  }
  std::cout << "of " << rounds << " approvals, " << acknowledged << " were acknowledged and "
            << kept_rounds << " kept when the agent was killed meanwhile\n";
  EXPECT_TRUE(site_->DevicesBecomeCurrent()) << Devices();
  for (int round = 0; round <= rounds; ++round) {
    ExpectBlockedEverywhere({"domain " + Batch(round) + "7.example"});
  }
  EXPECT_EQ(site_->Lines("all").size(), 3U + (rounds + 1U) * (names_a_round + urls_a_round));
  ExpectBlockedEverywhere(Targets());
}

TEST_F(KillTest, Z10_AnEmergencyIsToldThoughTheAgentIsKilledAtOnceAfterIt) {
  using agent::notify::testing::Receiver;
  if (!Receiver::IsThere()) GTEST_SKIP() << "no python3-aiosmtpd: ./dev test installs it";
  const platform::testing::TemporaryFolder folder;
  constexpr const char* secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  ASSERT_TRUE(platform::WriteFileAtomically(folder / "secret", secret, 0600));
  const Receiver receiver(folder / "log", {"webhook", secret, "0"});
  SiteOptions options;
  options.notifications =
      "{channels: [{name: siem, kind: webhook, allow_private: true, url: "
      "\"http://127.0.0.1:" +
      std::to_string(receiver.port()) + "/\", secret_file: " + (folder / "secret").string() +
      ", events: [emergency]}]}";
  StartSmallSite(options);
  Approve("evil");
  const auto unblocked =
      site_->Run({"emergency", "unblock", "evil.example", "--reason", "the hospital needs it"});
  site_->agent().Kill();
  ASSERT_EQ(unblocked.exit, 0) << unblocked;
  site_->StartAgent();
  const auto told = receiver.Got(1);
  EXPECT_EQ(told["good"], true);
  EXPECT_EQ(told["body"]["data"]["events"][0]["type"], "emergency.unblock");
  EXPECT_EQ(told["body"]["data"]["events"][0]["subject"], "evil[.]example");
  EXPECT_TRUE(Eventually([&] {
    const auto list = site_->Run({"notification", "list"});
    return list.out.find("delivered") != std::string::npos;
  }));
}

TEST_F(KillTest, E3_Invariant8_AKilledExporterLeavesItsDeviceBlockingAndCatchesUp) {
  StartSmallSite();
  Approve("evil");
  Approve("198.51.100.23");
  for (const std::string& device : site_->devices()) site_->exporter(device).Kill();
  // What `lists` serves is gone with it; firewalls keep their last copy of it meanwhile.
  for (const std::string& line : Targets()) {
    auto expected = site_->Blockers(line);
    expected.erase("lists");
    EXPECT_EQ(site_->Blocking(line), expected) << line;
  }
  EXPECT_TRUE(Eventually([&] {
    return site_->Run({"device", "list", "-o", "json"}).out.find("current") == std::string::npos;
  }));
  for (const char* filter : {"other", "203.0.113.77"}) {
    const auto approved =
        site_->Run({"queue", "approve", "--filter", filter, "--reason", "meanwhile", "--yes"});
    EXPECT_EQ(approved.exit, 0) << approved;
  }
  const auto revoked = site_->Run({"block", "revoke", "evil.example", "--reason", "meanwhile"});
  EXPECT_EQ(revoked.exit, 0) << revoked;

  for (const std::string& device : site_->devices()) site_->exporter(device).Start();
  EXPECT_TRUE(site_->DevicesBecomeCurrent()) << Devices();
  ExpectBlockedEverywhere({address, url, "domain other.example", "ip 203.0.113.77/32"});
  ExpectBlockedNowhere({domain});
  ExpectGoodHistory();
}

TEST_F(KillTest, E1_Invariant8_WithoutTheAgentARestartedExporterStillHasItsDeviceBlock) {
  StartSmallSite();
  Approve("evil");
  Approve("198.51.100.23");
  site_->agent().Kill();
  for (const std::string& device : site_->devices()) {
    site_->exporter(device).Kill();
    site_->exporter(device).Start();
  }
  for (const std::string& line : Targets()) {
    EXPECT_TRUE(Eventually([&] { return site_->BlockedEverywhere(line); })) << line;
  }
}

}  // namespace
}  // namespace e2e
