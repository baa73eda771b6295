#include "agent/feeds/own_assets.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "agent/feeds/registry.h"

namespace agent::feeds {
namespace {

using Texts = std::vector<std::string>;

TEST(OwnAssets, SayWhoAnswersForThem) {
  const auto parsed = ParseOwnAssets(
      "entries:\n"
      "- {match: shop.example.co.jp, subtree: true, owner: web team, reason: our shop,\n"
      "   expires: 2027-01-01}\n"
      "- {match: mail.example.co.jp, owner: mail team, reason: MX}\n"
      "- {match: 192.0.2.0/24, owner: network team, reason: office,\n"
      "   expires: \"2027-01-01T09:00:00+09:00\"}\n");
  ASSERT_TRUE(parsed) << parsed.error().detail;
  Texts texts;
  for (const auto& entry : parsed->entries) texts.push_back(policy::TextOf(entry));
  EXPECT_EQ(texts, (Texts{"shop.example.co.jp (with its subtree; web team: our shop, until "
                          "2027-01-01T00:00:00Z)",
                          "mail.example.co.jp (mail team: MX)",
                          "192.0.2.0/24 (network team: office, until 2027-01-01T00:00:00Z)"}));
}

TEST(OwnAssets, AreRefusedWholeWithEveryMistakeAndItsLine) {
  const auto parsed = ParseOwnAssets(
      "entries:\n"
      "- {match: a b, owner: x, reason: y}\n"
      "- {match: a.example, reason: y}\n"
      "- {match: a.example, owner: x, reason: y, expires: soon}\n"
      "- {match: 0.0.0.0/0, owner: x, reason: y}\n"
      "- {match: a.example, owner: x, reason: y, expire: 2027-01-01}\n"
      "- {match: a.example, owner: \"${HOME}\", reason: y}\n"
      "- {match: a.example, owner: \"x\\ny\", reason: y}\n");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code, policy::ErrorCode::malformed_input);
  for (int line = 2; line <= 8; ++line) {
    EXPECT_NE(parsed.error().detail.find(":" + std::to_string(line) + ":"), std::string::npos)
        << line << " is not named in " << parsed.error().detail;
  }
}

TEST(OwnAssets, AreNoOtherDocument) {
  EXPECT_FALSE(ParseOwnAssets(""));
  EXPECT_FALSE(ParseOwnAssets("a.example\n"));
  EXPECT_FALSE(ParseOwnAssets("entries: a.example\n"));
}

TEST(AllowlistRegistry, ReadsEachProvidersForm) {
  for (const char* name : {"own-assets", "aws-json", "azure-json", "google-json", "cloudflare-json",
                           "fastly-json", "rpz-passthru"}) {
    const auto format = FindAllowlistFormat(name);
    ASSERT_TRUE(format) << name;
    EXPECT_FALSE(format->parse("<html>", {}, 1000)) << name;
  }
}

}  // namespace
}  // namespace agent::feeds
