#include "policy/indicator.h"

#include <gtest/gtest.h>

namespace policy {
namespace {

std::string Guessed(std::string_view text) {
  const auto indicator = GuessIndicator(text);
  return indicator ? LineOf(*indicator) : "refused";
}

TEST(IndicatorTest, GuessesWhatAPersonTyped) {
  const std::string sha256(64, 'A');
  const struct {
    std::string_view text;
    std::string line;
  } cases[] = {
      {"evil.example", "domain evil.example"},
      {"  Evil[.]Example. \r\n", "domain evil.example"},
      {"\ufeffevil.example\u00a0", "domain evil.example"},
      {"\u200bevil.example\u200b", "domain evil.example"},
      {"com", "domain com"},
      {"http", "domain http"},
      {"192.0.2.1", "ip 192.0.2.1/32"},
      {"192[.]0[.]2[.]0/24", "ip 192.0.2.0/24"},
      {"2001:DB8::1", "ip 2001:db8::1/128"},
      {"::ffff:192.0.2.1", "ip 192.0.2.1/32"},
      {"hxxp://evil[.]example/x", "url http://evil.example/x"},
      {"HTTPS://Evil.example", "url https://evil.example/"},
      {"http:evil.example", "url http://evil.example/"},
      {"http://0x7f.1/", "url http://127.0.0.1/"},
      {"D41D8CD98F00B204E9800998ECF8427E", "hash d41d8cd98f00b204e9800998ecf8427e"},
      {"da39a3ee5e6b4b0d3255bfef95601890afd80709", "hash da39a3ee5e6b4b0d3255bfef95601890afd80709"},
      {sha256, "hash " + std::string(64, 'a')},
  };
  for (const auto& [text, line] : cases) EXPECT_EQ(Guessed(text), line) << text;
}

TEST(IndicatorTest, RefusesWhatIsNoIndicator) {
  for (const std::string_view text :
       {"", "   ", "*", ".", "192.0.2.7/24", "192.0.2.1:80", "evil.example/path",
        "ftp://evil.example/x", "javascript:alert(1)", "<img onerror=x>", "=cmd|'/c calc'!A1",
        "../../etc/passwd", "a b", "1.2.3.4 bank.jp", "||ads.example^$dnsrewrite=1.2.3.4",
        "/(a+)+$/", "user@evil.example", "127.0.0.1 evil.example"}) {
    EXPECT_EQ(Guessed(text), "refused") << text;
  }
}

TEST(IndicatorTest, SaysThatHostBitsAreTheFault) {
  const auto indicator = GuessIndicator("192.0.2.7/24");
  ASSERT_FALSE(indicator);
  EXPECT_NE(indicator.error().detail.find("host bits"), std::string::npos)
      << indicator.error().detail;
}

TEST(IndicatorTest, NamesItsKinds) {
  for (const IndicatorKind kind :
       {IndicatorKind::domain, IndicatorKind::ip, IndicatorKind::url, IndicatorKind::file_hash}) {
    EXPECT_EQ(ParseKind(Name(kind)), kind);
  }
  EXPECT_FALSE(ParseKind("Domain"));
  EXPECT_FALSE(ParseKind(""));
  EXPECT_EQ(KindOf(*GuessIndicator("http://192.0.2.1/")), IndicatorKind::url);
}

TEST(IndicatorTest, ReadsBackItsOwnLines) {
  for (const std::string_view line :
       {"domain evil.example", "ip 192.0.2.1/32", "ip 2001:db8::/32",
        "url http://evil.example/x%20y", "hash d41d8cd98f00b204e9800998ecf8427e"}) {
    const auto indicator = ParseLine(line);
    ASSERT_TRUE(indicator) << indicator.error().detail;
    EXPECT_EQ(LineOf(*indicator), line);
    EXPECT_EQ(ParseIndicator(KindOf(*indicator), TextOf(*indicator)), *indicator);
  }
}

TEST(IndicatorTest, RefusesLinesThatItWouldNotWrite) {
  for (const std::string_view line :
       {"", "domain", "domain ", "evil.example", "domain Evil.example", "domain  evil.example",
        "domain evil.example\n", "ip 192.0.2.1", "ip 192.0.2.7/24", "url HTTP://evil.example/",
        "hash D41D8CD98F00B204E9800998ECF8427E", "name evil.example", "domain\tevil.example"}) {
    EXPECT_FALSE(ParseLine(line)) << line;
  }
}

TEST(FileHashTest, TakesThreeLengthsOfHexadecimal) {
  EXPECT_EQ(FileHash::Parse(std::string(32, 'F'))->hex(), std::string(32, 'f'));
  EXPECT_TRUE(FileHash::Parse(std::string(40, '0')));
  EXPECT_TRUE(FileHash::Parse(std::string(64, '0')));
  for (const std::size_t size : {0u, 1u, 31u, 33u, 56u, 65u, 128u}) {
    EXPECT_FALSE(FileHash::Parse(std::string(size, '0'))) << size;
  }
  EXPECT_FALSE(FileHash::Parse(std::string(31, '0') + "g"));
}

}  // namespace
}  // namespace policy
