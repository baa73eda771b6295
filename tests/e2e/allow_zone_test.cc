// The allowlist's own response policy zone: what is on the hard allowlist resolves, whatever other
// zones say.

#include "tests/e2e/site_test.h"

namespace e2e {
namespace {

class AllowZoneTest : public SiteTest {
 protected:
  bool Resolves(const std::string& name) { return site_->named().Status(name) == "NOERROR"; }

  std::string IdOf(const std::string& text) {
    const auto listed = site_->Run({"allowlist", "list", "-o", "json"});
    const auto json = listed.Json();
    for (const auto& entry : json.at("entries")) {
      if (entry.at("match") == text) return entry.at("id");
    }
    ADD_FAILURE() << "no " << text << " in " << listed;
    return "";
  }
};

TEST_F(AllowZoneTest, NameOnItResolvesWhateverAnotherZoneSaysUntilTwoPeopleTakeItOff) {
  SiteOptions options;
  options.vendor_blocks = "partner.example";
  MakeSite(options);
  if (!site_->devices().contains("dns-allow")) GTEST_SKIP() << site_->missing();
  site_->AddAllowlist("own", "plain", "one.example\ntwo.example\nthree.example\nfour.example\n",
                      "own-infrastructure", "never");
  site_->AddFeed("sample", "plain", "evil.example\n");
  site_->Start();
  Approve("evil");
  EXPECT_EQ(site_->named().Status("evil.example"), "NXDOMAIN");
  EXPECT_EQ(site_->named().Status("partner.example"), "NXDOMAIN") << "the other zone blocks it";

  const auto added = site_->Run({"allowlist", "add", "partner.example", "--owner", "sales",
                                 "--reason", "orders come from there"});
  ASSERT_EQ(added.exit, 0) << added;
  EXPECT_TRUE(Eventually([&] { return Resolves("www.partner.example"); })) << Devices();
  EXPECT_TRUE(Resolves("partner.example"));
  EXPECT_TRUE(site_->DevicesBecomeCurrent()) << Devices();
  EXPECT_EQ(site_->named().Status("evil.example"), "NXDOMAIN");

  const std::string id = IdOf("partner.example");
  for (const char* person : {"alice", "bob"}) {
    EXPECT_TRUE(Resolves("www.partner.example")) << "until the second has said so";
    const auto removed =
        site_->Run({"allowlist", "remove", id, "--reason", "no more orders"}, person);
    ASSERT_EQ(removed.exit, 0) << removed;
  }
  EXPECT_TRUE(Eventually([&] { return !Resolves("partner.example"); })) << Devices();
  EXPECT_EQ(site_->named().Status("www.partner.example"), "NXDOMAIN");
  EXPECT_TRUE(site_->DevicesBecomeCurrent()) << Devices();
  ExpectGoodHistory();
}

}  // namespace
}  // namespace e2e
