// What people decide reaches all devices, and leaves them again.

#include <regex>

#include "platform/atomic_file.h"
#include "tests/e2e/site_test.h"

namespace e2e {
namespace {

using PeopleTest = SiteTest;

TEST_F(PeopleTest, ApprovedIsBlockedOnEveryDeviceUntilItIsRevoked) {
  StartSmallSite();
  ExpectBlockedNowhere(Targets());
  Approve("evil");
  Approve("198.51.100.23");
  ExpectBlockedEverywhere(Targets());
  ExpectBlockedNowhere({"domain other.example", "ip 203.0.113.77/32"});

  for (const char* indicator :
       {"evil.example", "198.51.100.23", "http://hosting.example/evil/payload.bin"}) {
    const auto revoked = site_->Run({"block", "revoke", indicator, "--reason", "a mistake"}, "bob");
    EXPECT_EQ(revoked.exit, 0) << revoked;
  }
  EXPECT_TRUE(site_->DevicesBecomeCurrent()) << Devices();
  ExpectBlockedNowhere(Targets());
  ExpectGoodHistory();
}

TEST_F(PeopleTest, E14_AnEmergencyUnblockReachesEveryDeviceAndStaysAgainstTheFeed) {
  StartSmallSite();
  Approve("evil");
  ExpectBlockedEverywhere({domain});
  const auto unblocked =
      site_->Run({"emergency", "unblock", "evil.example", "--reason", "orders fail"}, "bob");
  ASSERT_EQ(unblocked.exit, 0) << unblocked;
  // Eventually waits for a minute, which is how long it may take.
  EXPECT_TRUE(Eventually([&] { return site_->Blocking(domain).empty(); })) << Devices();
  const auto refreshed = site_->Run({"feed", "refresh", "--wait"});
  EXPECT_EQ(refreshed.exit, 0) << refreshed;
  site_->Run({"queue", "approve", "--filter", "evil", "--reason", "known as bad", "--yes"});
  EXPECT_TRUE(site_->DevicesBecomeCurrent()) << Devices();
  ExpectBlockedNowhere({domain});
  ExpectGoodHistory();
}

TEST_F(PeopleTest, ApprovedIsBlockedUntilItIsRevokedByAProxyThatLeavesNamesToItsHelper) {
  SiteOptions options;
  options.squid_names_in = "helper";
  StartSmallSite(options);
  if (site_->devices().count("proxy") == 0) GTEST_SKIP() << site_->missing();
  Approve("evil");
  ExpectBlockedEverywhere({domain, url});
  ExpectBlockedNowhere({"domain other.example"});
  const auto revoked =
      site_->Run({"block", "revoke", "evil.example", "--reason", "a mistake"}, "bob");
  EXPECT_EQ(revoked.exit, 0) << revoked;
  EXPECT_TRUE(site_->DevicesBecomeCurrent()) << Devices();
  ExpectBlockedNowhere({domain});
  ExpectBlockedEverywhere({url});
}

TEST_F(PeopleTest, ABlockLeavesEveryDeviceWhenItsTimeIsOver) {
  StartSmallSite();
  Approve("other");
  Approve("evil", {"--expires", "8s"});
  Approve("198.51.100.23", {"--expires", "8s"});
  for (const std::string& line : Targets()) {
    EXPECT_TRUE(Eventually([&] { return site_->Blocking(line).empty(); })) << line << Devices();
  }
  EXPECT_TRUE(site_->DevicesBecomeCurrent()) << Devices();
  ExpectBlockedEverywhere({"domain other.example"});
  const auto blocks = site_->Run({"block", "list", "--all", "-o", "json"});
  EXPECT_NE(blocks.out.find("expired"), std::string::npos) << blocks;
  ExpectGoodHistory();
}

TEST_F(PeopleTest, NobodyApprovesTheirOwnBlock) {
  StartSmallSite();
  const std::string own = "domain own.example";
  const auto added =
      site_->Run({"block", "add", "own[.]example", "--reason", "seen here", "-o", "json"});
  ASSERT_EQ(added.exit, 0) << added;
  const std::string id = added.Json().at("proposal").at("id");

  const auto alone = site_->Run({"queue", "approve", id, "--reason", "trust me"});
  EXPECT_EQ(alone.exit, 1) << alone;
  EXPECT_NE(alone.err.find("own[.]example"), std::string::npos) << alone;
  ExpectBlockedNowhere({own});
  EXPECT_EQ(site_->Lines("all"), std::vector<std::string>{});

  const auto second = site_->Run({"queue", "approve", id, "--reason", "looked at it"}, "bob");
  EXPECT_EQ(second.exit, 0) << second;
  EXPECT_TRUE(site_->DevicesBecomeCurrent()) << Devices();
  ExpectBlockedEverywhere({own});

  const auto auditor = site_->Run({"block", "revoke", "own.example", "--reason", "no"}, "audit");
  EXPECT_EQ(auditor.exit, 4) << auditor;
  ExpectBlockedEverywhere({own});
}

// Replaces a part of the agent's configuration, and has the agent read it.
void Reconfigure(Site& site, const std::string& from, const std::string& to) {
  std::string text = platform::ReadFile(site.agent_config(), 1024 * 1024).value();
  const std::size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << text;
  text.replace(at, from.size(), to);
  ASSERT_TRUE(platform::WriteFileAtomically(site.agent_config(), text, 0644));
  site.agent().Hangup();
}

TEST_F(PeopleTest, ATokenThatIsTakenOutOfTheConfigurationIsDeniedFromTheNextCallOn) {
  StartSmallSite();
  EXPECT_EQ(site_->Run({"feed", "list"}, "bob").exit, 0);

  // With a mistake anywhere in it, nothing of the file counts.
  Reconfigure(*site_, "name: bob, role: approver", "name: rob, role: boss");
  const std::regex mistake(R"(agent\.yaml:[0-9]+:[0-9]+: no role "boss")");
  EXPECT_TRUE(Eventually([&] { return std::regex_search(site_->agent().Log(), mistake); }));
  EXPECT_EQ(site_->Run({"feed", "list"}, "bob").exit, 0) << site_->agent().Log();

  Reconfigure(*site_, "name: rob, role: boss",
              "name: rob, role: approver, expires: 2020-01-01T00:00:00Z");
  EXPECT_TRUE(Eventually([&] { return site_->Run({"feed", "list"}, "bob").exit == 4; }));
  EXPECT_EQ(site_->Run({"feed", "list"}, "alice").exit, 0);
}

TEST_F(PeopleTest, AnAllowlistThatFailsChangesNothing) {
  StartSmallSite();
  Approve("evil");
  const auto lines = site_->Lines("all");
  const std::string release = site_->Digest("all");
  const std::string queue = site_->Run({"queue", "list", "-o", "json"}).out;
  for (const char* body : {"", "<html><body>Moved</body></html>\n", "# nothing left\n"}) {
    site_->web().Put("hosting", body);
    const auto refreshed = site_->Run({"feed", "refresh", "hosting", "--wait", "-o", "json"});
    EXPECT_EQ(refreshed.exit, 6) << refreshed;
    EXPECT_EQ(site_->Digest("all"), release) << body;
    EXPECT_EQ(site_->Lines("all"), lines) << body;
    EXPECT_EQ(site_->Run({"queue", "list", "-o", "json"}).out, queue) << body;
    // The last good one still protects.
    const auto added = site_->Run({"block", "add", "well-known.example", "--reason", "now?"});
    EXPECT_EQ(added.exit, 4) << added;
  }
  ExpectBlockedEverywhere({domain, url});
}

}  // namespace
}  // namespace e2e
