#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "policy/allowlist_format.h"
#include "tests/policy/decisions_fixture.h"
#include "tests/policy/real_data.h"

// The lists that are installed with the product.

namespace policy {
namespace {

std::filesystem::path Folder() {
  return std::filesystem::path(SEKISHO_SOURCE_DIR) / "config" / "allowlist";
}

ParsedAllowlist Load(const std::string& file) {
  return *ParsePlainAllowlist(ReadWholeFile(Folder() / file));
}

TEST(BuiltinAllowlistsTest, EachLineIsGoodAndEachFileNamesItsSource) {
  std::set<std::string> files;
  for (const auto& file : std::filesystem::directory_iterator(Folder())) {
    const std::string text = ReadWholeFile(file.path());
    const auto parsed = ParsePlainAllowlist(text);
    ASSERT_TRUE(parsed) << file.path();
    for (const RejectedLine& line : parsed->rejected) {
      ADD_FAILURE() << file.path() << ":" << line.line << ": " << line.reason;
    }
    EXPECT_FALSE(parsed->entries.empty()) << file.path();
    EXPECT_NE(text.find("# Source: "), std::string::npos) << file.path();
    files.insert(file.path().filename());
  }
  EXPECT_EQ(files, (std::set<std::string>{"cdn.txt", "hosting.txt", "legitimate-service.txt",
                                          "proxy.txt", "public-dns.txt"}));
}

TEST(BuiltinAllowlistsTest, KeepWholeSitesUnblocked) {
  const PublicSuffixList suffixes = SmallSuffixList();
  Allowlist::Builder builder(suffixes);
  const struct {
    const char* file;
    AllowCategory category;
    AllowEffect effect;
  } lists[] = {{"hosting.txt", AllowCategory::hosting, AllowEffect::url_only},
               {"cdn.txt", AllowCategory::cdn, AllowEffect::url_only},
               {"proxy.txt", AllowCategory::proxy, AllowEffect::url_only},
               {"legitimate-service.txt", AllowCategory::legitimate_service, AllowEffect::url_only},
               {"public-dns.txt", AllowCategory::legitimate_service, AllowEffect::never}};
  for (const auto& list : lists) {
    builder.Add({list.file, list.category, list.effect}, Load(list.file).entries);
  }
  Bench bench;
  bench.allowlist = std::move(builder).Build();

  for (const auto* text :
       {"github.com", "raw.githubusercontent.com", "onedrive.live.com", "company.sharepoint.com",
        "drive.google.com", "cdn.discordapp.com", "t.me", "archive.org", "www.yahoo.co.jp",
        "nicovideo.jp", "line.me", "www.rakuten.co.jp", "104.16.1.1", "151.101.1.1", "8.8.8.8",
        "2606:4700:4700::1111", "m.root-servers.net"}) {
    EXPECT_TRUE(IsDroppedFor(bench.Decide(text), ReasonCode::allowlisted)) << text;
  }
  EXPECT_EQ(bench.Decide("https://pastebin.com/raw/abc").outcome, Outcome::proposed);
  EXPECT_TRUE(IsDroppedFor(bench.Decide("https://dns.google/dns-query"), ReasonCode::allowlisted));
  EXPECT_EQ(bench.Decide("evil-1a2b3c.github.io").outcome, Outcome::proposed);
}

}  // namespace
}  // namespace policy
