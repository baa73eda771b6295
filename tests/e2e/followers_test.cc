// What follows an exporter's device: name servers that are secondaries of the one it writes to, and
// a CrowdSec bouncer, which asks for what is new.

#include "tests/e2e/site_test.h"

namespace e2e {
namespace {

using Software = peers::Resolver::Software;

class FollowersTest : public SiteTest {
 protected:
  static SiteOptions Behind(Software secondary) {
    SiteOptions options;
    options.devices = {"dns"};
    options.secondary = secondary;
    return options;
  }

  void BlocksFromApprovalUntilRevoked(const SiteOptions& options, const std::string& device,
                                      const std::string& line, const std::string& text) {
    StartSmallSite(options);
    if (!site_->devices().contains(device)) GTEST_SKIP() << site_->missing();
    ASSERT_EQ(site_->Blockers(line), std::set<std::string>{device});
    ExpectBlockedNowhere({line});
    Approve(text);
    EXPECT_TRUE(Eventually([&] { return site_->Blocks(device, line); })) << Devices();
    const auto revoked = site_->Run({"block", "revoke", text, "--reason", "a mistake"}, "bob");
    ASSERT_EQ(revoked.exit, 0) << revoked;
    EXPECT_TRUE(Eventually([&] { return !site_->Blocks(device, line); })) << Devices();
  }
};

TEST_F(FollowersTest, ASecondaryOfBindBlocksFromApprovalUntilRevoked) {
  BlocksFromApprovalUntilRevoked(Behind(Software::bind), "dns", domain, "evil.example");
}

TEST_F(FollowersTest, UnboundBlocksFromApprovalUntilRevoked) {
  BlocksFromApprovalUntilRevoked(Behind(Software::unbound), "dns", domain, "evil.example");
}

TEST_F(FollowersTest, PowerDnsBlocksFromApprovalUntilRevoked) {
  BlocksFromApprovalUntilRevoked(Behind(Software::powerdns), "dns", domain, "evil.example");
}

TEST_F(FollowersTest, ABouncerBlocksFromApprovalUntilRevoked) {
  SiteOptions options;
  options.devices = {"bouncer"};
  BlocksFromApprovalUntilRevoked(options, "bouncer", address, "198.51.100.23");
}

}  // namespace
}  // namespace e2e
