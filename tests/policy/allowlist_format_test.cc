#include "policy/allowlist_format.h"

#include <gtest/gtest.h>

#include "tests/policy/decisions_fixture.h"

namespace policy {
namespace {

// "name", "name=" for a name alone, or the prefix, of each entry.
std::vector<std::string> Tell(const ParsedAllowlist& parsed) {
  std::vector<std::string> told;
  for (const AllowEntry& entry : parsed.entries) {
    const auto* name = std::get_if<Domain>(&entry.what);
    told.push_back(name == nullptr ? std::get<IpPrefix>(entry.what).ToString()
                                   : name->name() + (entry.subtree ? "" : "="));
  }
  return told;
}

using Told = std::vector<std::string>;

TEST(MispWarninglistTest, TakesHostnamesAsSubtrees) {
  const auto parsed = ParseMispWarninglist(
      R"({"name": "x", "type": "hostname", "list": ["a.example", ".B.example", "192.0.2.1"]})");
  ASSERT_TRUE(parsed) << parsed.error().detail;
  EXPECT_EQ(Tell(*parsed), (Told{"a.example", "b.example", "192.0.2.1/32"}));
}

TEST(MispWarninglistTest, TakesStringsAsTheNameAloneUnlessTheyStartWithADot) {
  const auto parsed =
      ParseMispWarninglist(R"({"type": "string", "list": ["a.example", ".google.ad", "COM"]})");
  ASSERT_TRUE(parsed) << parsed.error().detail;
  EXPECT_EQ(Tell(*parsed), (Told{"a.example=", "google.ad", "com="}));
}

TEST(MispWarninglistTest, TakesPrefixesWithCarelessHostBits) {
  const auto parsed = ParseMispWarninglist(
      R"({"type": "cidr", "list": ["192.0.2.7/24", "FE80::/10", "::ffff:192.0.2.1"]})");
  ASSERT_TRUE(parsed) << parsed.error().detail;
  EXPECT_EQ(Tell(*parsed), (Told{"192.0.2.0/24", "fe80::/10", "192.0.2.1/32"}));
}

TEST(MispWarninglistTest, CountsWhatItCannotUseAndSaysWhy) {
  const auto parsed = ParseMispWarninglist(R"({"type": "string", "list": ["ok.example", 7, )"
                                           R"("d41d8cd98f00b204e9800998ecf8427e", "a b", ""]})");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(Tell(*parsed), Told{"ok.example="});
  ASSERT_EQ(parsed->rejected.size(), 4u);
  EXPECT_EQ(parsed->rejected[0].line, 2u);
  EXPECT_EQ(parsed->rejected[1].line, 3u);
  EXPECT_NE(parsed->rejected[1].reason.find("hash"), std::string::npos);
}

// Read as IPv4, "::ffff:0:0/96" is every address, and so is a careless "192.0.2.1/0".
TEST(MispWarninglistTest, RefusesAnEntryThatWouldAllowTheWholeInternet) {
  const auto parsed = ParseMispWarninglist(
      R"({"type": "cidr", "list": ["0.0.0.0/0", "::/0", "::ffff:0:0/96", "192.0.2.1/0"]})");
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->entries.empty());
  EXPECT_EQ(parsed->rejected.size(), 4u);
}

TEST(MispWarninglistTest, RefusesListsThatSayNothingOfOneName) {
  for (const auto* type : {"substring", "regex"}) {
    const auto parsed =
        ParseMispWarninglist(R"({"list": ["a"], "type": ")" + std::string(type) + "\"}");
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code, ErrorCode::not_allowed);
  }
}

// The ssdeep of an empty file, "3::", would else read as an IPv6 address.
TEST(MispWarninglistTest, RefusesListsOfHashes) {
  const auto parsed = ParseMispWarninglist(
      R"({"type": "string", "matching_attributes": ["md5", "ssdeep"], "list": ["3::"]})");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code, ErrorCode::not_allowed);
  EXPECT_TRUE(ParseMispWarninglist(
      R"({"type": "string", "matching_attributes": ["md5", "domain|ip"], "list": []})"));
}

TEST(MispWarninglistTest, RefusesWhatIsNoWarninglist) {
  for (const auto* json :
       {"", "[]", "7", "{}", R"({"type": "cidr"})", R"({"type": "cidr", "list": "192.0.2.1"})",
        R"({"list": []})", R"({"type": "new", "list": []})", R"({"type": 7, "list": []})",
        "{\"type\": \"cidr\", \"list\": [\"\xff\"]}"}) {
    const auto parsed = ParseMispWarninglist(json);
    ASSERT_FALSE(parsed) << json;
    EXPECT_EQ(parsed.error().code, ErrorCode::malformed_input) << json;
  }
}

TEST(MispWarninglistTest, SaysWhereTheJsonBreaks) {
  const auto parsed = ParseMispWarninglist("{\n\"type\": \"cidr\",\n oops");
  ASSERT_FALSE(parsed);
  EXPECT_NE(parsed.error().detail.find("line 3, column 2"), std::string::npos)
      << parsed.error().detail;
}

TEST(MispWarninglistTest, SurvivesDeepNesting) {
  EXPECT_FALSE(ParseMispWarninglist(std::string(1'000'000, '[')));
  EXPECT_FALSE(ParseMispWarninglist(std::string(100'000, '[') + std::string(100'000, ']')));
}

TEST(PlainAllowlistTest, TakesOneEntryALine) {
  const auto parsed = ParsePlainAllowlist(
      "\xef\xbb\xbf# our own\r\n"
      "corp.example\r\n"
      "  =portal.example  # the name alone\n"
      "\n"
      ".sub.example\n"
      "192.0.2.1\n"
      "198.51.100.0/24\n"
      "2001:db8::/32");
  ASSERT_TRUE(parsed) << parsed.error().detail;
  EXPECT_EQ(Tell(*parsed), (Told{"corp.example", "portal.example=", "sub.example", "192.0.2.1/32",
                                 "198.51.100.0/24", "2001:db8::/32"}));
  EXPECT_TRUE(parsed->rejected.empty());
}

TEST(PlainAllowlistTest, SaysWhichLinesItRefused) {
  const auto parsed = ParsePlainAllowlist("ok.example\n*.wild.example\n\n0.0.0.0/0\na b\n");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(Tell(*parsed), Told{"ok.example"});
  ASSERT_EQ(parsed->rejected.size(), 3u);
  EXPECT_EQ(parsed->rejected[0].line, 2u);
  EXPECT_EQ(parsed->rejected[1].line, 4u);
  EXPECT_EQ(parsed->rejected[2].line, 5u);
}

}  // namespace
}  // namespace policy
