#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "agent/feeds/stix_indicators.h"
#include "agent/feeds/stix_pattern.h"

namespace agent::feeds {
namespace {

using policy::ErrorCode;
using Lines = std::vector<std::string>;

policy::Result<StixObservation> Parse(std::string_view pattern,
                                      StixVersion version = StixVersion::v21) {
  return ParseStixPattern(pattern, version);
}

// What stands between two columns of a failure's text: "at column 14: ...".
std::string ErrorOf(std::string_view pattern, StixVersion version = StixVersion::v21) {
  const auto parsed = Parse(pattern, version);
  return parsed ? "parsed" : parsed.error().detail;
}

// One line for each indicator, then one in parentheses for each remainder.
Lines Find(std::string_view pattern, StixPorts ports = StixPorts::refuse) {
  const auto parsed = Parse(pattern);
  if (!parsed) return {parsed.error().detail};
  Lines lines;
  const StixFindings findings = FindNetworkIndicators(*parsed, ports);
  for (const auto& indicator : findings.indicators) lines.push_back(policy::LineOf(indicator));
  for (const StixRemainder& rest : findings.remainders) {
    lines.push_back("(" + std::string(rest.reason) + (rest.is_faulty() ? "!)" : ")"));
  }
  return lines;
}

TEST(StixPattern, KeepsTheTreeOfAComparison) {
  const auto pattern = Parse(
      "[obj-type:a.b[*][1].'c-d' NOT IN ('x', 7, -1.5, true, h'0aFF', b'YQ==', "
      "t'2026-01-31T12:00:00.5Z')]");
  ASSERT_TRUE(pattern) << pattern.error().detail;
  const StixComparison& comparison = pattern->test.comparison;
  EXPECT_EQ(comparison.path.ToString(), "obj-type:a.b[*][1].'c-d'");
  EXPECT_TRUE(comparison.negated);
  EXPECT_EQ(comparison.op, StixOperator::in);
  using Kind = StixLiteral::Kind;
  const std::vector<std::pair<Kind, std::string>> values{
      {Kind::string, "x"},
      {Kind::integer, "7"},
      {Kind::real, "-1.5"},
      {Kind::boolean, "true"},
      {Kind::hex, "0aFF"},
      {Kind::binary, "YQ=="},
      {Kind::timestamp, "2026-01-31T12:00:00.5Z"}};
  ASSERT_EQ(comparison.values.size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(comparison.values[i].kind, values[i].first);
    EXPECT_EQ(comparison.values[i].text, values[i].second);
  }
}

TEST(StixPattern, UndoesEscapes) {
  const auto pattern = Parse(R"([file:name = 'it\'s C:\\x'])");
  ASSERT_TRUE(pattern) << pattern.error().detail;
  EXPECT_EQ(pattern->test.comparison.values.at(0).text, R"(it's C:\x)");
}

TEST(StixPattern, BindsAndTighterThanOrTighterThanFollowedBy) {
  const auto pattern =
      Parse("[a:b=1] FOLLOWEDBY [a:b=2] OR [a:b=3] AND [a:b=4 OR a:b=5 AND a:b=6]");
  ASSERT_TRUE(pattern) << pattern.error().detail;
  EXPECT_EQ(pattern->kind, StixObservation::Kind::followed_by);
  const StixObservation& any = pattern->parts.at(1);
  EXPECT_EQ(any.kind, StixObservation::Kind::any_of);
  const StixObservation& all = any.parts.at(1);
  EXPECT_EQ(all.kind, StixObservation::Kind::all_of);
  EXPECT_EQ(all.parts.at(1).test.kind, StixTest::Kind::any_of);
  EXPECT_EQ(all.parts.at(1).test.parts.at(1).kind, StixTest::Kind::all_of);
}

TEST(StixPattern, PutsQualifiersWhereTheyBelong) {
  const auto pattern = Parse(
      "([a:b=1] REPEATS 5 TIMES AND [a:b=2]) WITHIN 1.5 SECONDS "
      "START t'2026-01-01T00:00:00Z' STOP t'2026-01-02T00:00:00Z'");
  ASSERT_TRUE(pattern) << pattern.error().detail;
  ASSERT_EQ(pattern->qualifiers.size(), 2U);
  EXPECT_EQ(pattern->qualifiers[0].values, Lines{"1.5"});
  EXPECT_EQ(pattern->qualifiers[1].kind, StixQualifier::Kind::start_stop);
  EXPECT_EQ(pattern->parts.at(0).qualifiers.at(0).values, Lines{"5"});
}

TEST(StixPattern, KnowsExistsFromVersion21On) {
  EXPECT_EQ(ErrorOf("[EXISTS file:name]"), "parsed");
  EXPECT_EQ(ErrorOf("[NOT EXISTS file:name AND EXISTS:b = 1]"), "parsed");
  EXPECT_EQ(ErrorOf("[EXISTS file:name]", StixVersion::v20),
            "at column 9: there is \"file\" instead of \":\" after the object's type");
}

TEST(StixPattern, LetsAQualifierBeRepeatedInVersion20Only) {
  const char* const pattern = "[a:b=1] REPEATS 1 TIMES REPEATS 2 TIMES";
  EXPECT_EQ(ErrorOf(pattern, StixVersion::v20), "parsed");
  EXPECT_EQ(ErrorOf(pattern), "at column 25: the same qualifier is there twice");
}

TEST(StixPattern, SaysWhatIsWrongAndWhere) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "at column 1: the pattern ends instead of \"[\" or \"(\""},
      {"[", "at column 2: the pattern ends instead of an object path as domain-name:value"},
      {"[a:b = 'x]", "at column 8: the quote is never closed"},
      {"[a:b = 'x\\n']", "at column 10: a backslash may only come before a quote or a backslash"},
      {"[a:b = 'x'", "at column 11: the pattern ends instead of \"]\", AND or OR"},
      {"[a:b = 'x'] and", "at column 13: there is \"and\" instead of the end of the pattern"},
      {"[a:b-c = 'x']",
       "at column 4: there is \"b-c\" instead of a property's name (in quotes if it has a hyphen)"},
      {"[a:b[x] = 1]", "at column 6: there is \"x\" instead of a number or \"*\""},
      {"[a:b LIKE 1]", "at column 11: there is \"1\" instead of a text in quotes"},
      {"[a:b > true]", "at column 8: there is \"true\" instead of a value (texts in quotes)"},
      {"[a:b IN ('x' 'y')]", "at column 14: there is \"y\" instead of \",\" or \")\""},
      {"[a:b = 007]", "at column 8: a whole number has no leading zeros"},
      {"[a:b = h'abc']", "at column 8: not hexadecimal"},
      {"[a:b = b'YQ=']", "at column 8: not Base64"},
      {"[a:b = \"x\"]", "at column 8: \"\\x22\" has no place in a pattern"},
      {"[a:b = 1] REPEATS 2", "at column 20: the pattern ends instead of TIMES"},
      {"[a:b = 1] START 'x'", "at column 17: there is \"x\" instead of a time"},
  };
  for (const auto& [pattern, error] : cases) EXPECT_EQ(ErrorOf(pattern), error) << pattern;
}

TEST(StixPattern, StopsAtItsLimits) {
  const std::string deep(40, '(');
  EXPECT_EQ(Parse(deep + "[a:b=1]").error().code, ErrorCode::exhausted);
  EXPECT_EQ(Parse("[" + deep + "a:b=1]").error().code, ErrorCode::exhausted);
  EXPECT_TRUE(Parse(std::string(32, '(') + "[a:b=1]" + std::string(32, ')')));
  const std::string big(stix_pattern_size_max, 'x');
  EXPECT_EQ(Parse("[a:b='" + big + "']").error().code, ErrorCode::exhausted);
}

TEST(StixPattern, TakesLongChainsWithoutRecursion) {
  std::string pattern = "[a:b=1";
  for (int i = 0; i < 20'000; ++i) pattern += " OR a:b=1";
  const auto parsed = Parse(pattern + "]");
  ASSERT_TRUE(parsed) << parsed.error().detail;
  EXPECT_EQ(parsed->test.parts.size(), 20'001U);
}

TEST(StixIndicators, AreTakenFromEachFormThatIsEnoughByItself) {
  const std::vector<std::pair<std::string, Lines>> cases{
      {"[ipv4-addr:value = '192.0.2.1']", {"ip 192.0.2.1/32"}},
      {"[ipv4-addr:value = '192.0.2.0/24']", {"ip 192.0.2.0/24"}},
      {"[ipv4-addr:value ISSUBSET '192.0.2.9/24']", {"ip 192.0.2.0/24"}},
      {"[ipv6-addr:value = '2001:0db8:0::1']", {"ip 2001:db8::1/128"}},
      {"[domain-name:value='Evil.EXAMPLE']", {"domain evil.example"}},
      {"[url:value == 'http://evil.example/x?y']", {"url http://evil.example/x?y"}},
      {"[network-traffic:dst_ref.value = '192.0.2.1']", {"ip 192.0.2.1/32"}},
      {"[network-traffic:dst_ref.value = 'evil.example']", {"domain evil.example"}},
      {"[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = "
       "'203.0.113.33/32']",
       {"ip 203.0.113.33/32"}},
      {"[network-traffic:dst_ref.type = 'domain-name' AND (network-traffic:dst_ref.value = "
       "'a.example' OR network-traffic:dst_ref.value = 'b.example')]",
       {"domain a.example", "domain b.example"}},
      {"[domain-name:value IN ('a.example', 'b.example')]",
       {"domain a.example", "domain b.example"}},
      {"[domain-name:value = 'a.example'] OR ([url:value = 'http://b.example/'])",
       {"domain a.example", "url http://b.example/"}},
      // The other alternative is for somebody else.
      {"[domain-name:value = 'a.example' OR file:hashes.MD5 = 'x']",
       {"domain a.example", "(file hashes)"}},
  };
  for (const auto& [pattern, found] : cases) EXPECT_EQ(Find(pattern), found) << pattern;
}

TEST(StixIndicators, AreNotTornOutOfWhatHoldsTogetherOnly) {
  const std::vector<std::pair<std::string, Lines>> cases{
      {"[domain-name:value = 'a.example' AND domain-name:resolves_to_refs[*].value = '192.0.2.1']",
       {"(several observables together)"}},
      {"[domain-name:value = 'a.example' AND file:name = 'x']", {"(several observables together)"}},
      {"[domain-name:value = 'a.example'] AND [domain-name:value = 'b.example']",
       {"(several observations together)"}},
      {"[domain-name:value = 'a.example'] FOLLOWEDBY [file:name = 'x']",
       {"(several observations together)"}},
      {"[domain-name:value = 'a.example'] REPEATS 5 TIMES", {"(repeated or limited in time)"}},
      {"([domain-name:value = 'a.example']) WITHIN 5 SECONDS", {"(repeated or limited in time)"}},
      {"[domain-name:value != 'a.example']", {"(negation)"}},
      {"[domain-name:value NOT = 'a.example']", {"(negation)"}},
      {"[domain-name:value NOT IN ('a.example')]", {"(negation)"}},
      {"[domain-name:value LIKE '%.example']", {"(LIKE or MATCHES)"}},
      {"[url:value MATCHES '^http://a']", {"(LIKE or MATCHES)"}},
      {"[ipv4-addr:value ISSUPERSET '192.0.2.0/24']", {"(other comparisons)"}},
      {"[EXISTS url:value]", {"(other comparisons)"}},
      {"[file:hashes.'SHA-256' = 'x']", {"(file hashes)"}},
      {"[file:name = 'a.example']", {"(other observables)"}},
      {"[email-addr:value = 'a@b.example']", {"(other observables)"}},
      {"[network-traffic:src_ref.value = '192.0.2.1']", {"(source addresses)"}},
      {"[network-traffic:dst_port = 80]", {"(traffic without its destination)"}},
      {"[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_port = 80]",
       {"(traffic without its destination)"}},
  };
  for (const auto& [pattern, found] : cases) EXPECT_EQ(Find(pattern), found) << pattern;
}

TEST(StixIndicators, LoseTheirPortOnlyIfThatIsWanted) {
  const char* const pattern =
      "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '192.0.2.1' "
      "AND network-traffic:dst_port = 8443 AND network-traffic:protocols[*] = 'tcp']";
  EXPECT_EQ(Find(pattern), Lines{"(only on a port or protocol)"});
  EXPECT_EQ(Find(pattern, StixPorts::drop), Lines{"ip 192.0.2.1/32"});
}

TEST(StixIndicators, AreRefusedWhereTheirValueIsNone) {
  const std::vector<std::pair<std::string, Lines>> cases{
      // Seen in a published bundle: a path in a domain.
      {"[domain-name:value = 'kntwtopnbt/8r5kudwrc8/gate[.]php']", {"(value!)"}},
      {"[domain-name:value = '192.0.2.1']", {"(value!)"}},
      {"[domain-name:value ISSUBSET 'a.example']", {"(value!)"}},
      {"[ipv4-addr:value = '2001:db8::1']", {"(value!)"}},
      {"[ipv6-addr:value = '192.0.2.1']", {"(value!)"}},
      {"[ipv4-addr:value = '192.0.2.9/24']", {"(value!)"}},
      {"[url:value = 'ftp://a.example/']", {"(value!)"}},
      {"[url:value = 7]", {"(value!)"}},
      {"[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = "
       "'a.example']",
       {"(value!)"}},
  };
  for (const auto& [pattern, found] : cases) EXPECT_EQ(Find(pattern), found) << pattern;
}

TEST(StixIndicators, AreRefangedInTheHostButNotInThePath) {
  EXPECT_EQ(Find("[domain-name:value = 'a[.]example']"), Lines{"domain a.example"});
  EXPECT_EQ(Find("[url:value = 'hxxp://a[.]example/gate[.]php']"),
            Lines{"url http://a.example/gate[.]php"});
}

}  // namespace
}  // namespace agent::feeds
