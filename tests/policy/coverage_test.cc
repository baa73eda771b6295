#include "policy/coverage.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace policy {
namespace {

std::vector<std::string> Lines(const std::string& line) {
  std::vector<std::string> lines;
  for (const auto& each : CoveredBy(ParseLine(line).value())) {
    lines.push_back(LineOf(each));
  }
  return lines;
}

TEST(CoverageTest, ADomainIsCoveredByTheNamesAboveIt) {
  EXPECT_EQ(Lines("domain a.b.example"),
            (std::vector<std::string>{"domain a.b.example", "domain b.example", "domain example"}));
}

TEST(CoverageTest, AUrlIsCoveredByItsHostAndWhatCoversThat) {
  EXPECT_EQ(
      Lines("url http://a.example/x?y"),
      (std::vector<std::string>{"url http://a.example/x?y", "domain a.example", "domain example"}));
  const auto lines = Lines("url http://192.0.2.9/x");
  EXPECT_EQ(lines.size(), 1U + 33U);
  EXPECT_EQ(lines[1], "ip 192.0.2.9/32");
}

TEST(CoverageTest, AnAddressIsCoveredByEveryPrefixAroundIt) {
  const auto v4 = Lines("ip 203.0.113.255/32");
  EXPECT_EQ(v4.size(), 33U);
  EXPECT_EQ(v4[1], "ip 203.0.113.254/31");
  EXPECT_EQ(v4[8], "ip 203.0.113.0/24");
  EXPECT_EQ(v4.back(), "ip 0.0.0.0/0");
  const auto v6 = Lines("ip 2001:db8::1/128");
  EXPECT_EQ(v6.size(), 129U);
  EXPECT_EQ(v6[96], "ip 2001:db8::/32");
  EXPECT_EQ(v6.back(), "ip ::/0");
}

TEST(CoverageTest, ContainsEachNarrowerOne) {
  const auto all = CoveredBy(ParseLine("ip 198.51.100.77/32").value());
  for (const auto& each : all) {
    EXPECT_TRUE(std::get<IpPrefix>(each).Contains(std::get<IpPrefix>(all[0])));
  }
  EXPECT_EQ(std::set(all.begin(), all.end()).size(), all.size());
}

TEST(CoverageTest, SaysTheSameOfOneAsOfAll) {
  std::vector<Indicator> all;
  for (const char* line :
       {"domain example", "domain b.example", "domain a.b.example", "domain ab.example",
        "url http://a.b.example/x", "url http://192.0.2.9/x", "ip 192.0.2.9/32", "ip 192.0.2.0/24",
        "ip 192.0.0.0/16", "ip 2001:db8::/32", "ip 2001:db8::1/128", "ip ::/0"}) {
    all.push_back(ParseLine(line).value());
  }
  for (const Indicator& inner : all) {
    const auto covering = CoveredBy(inner);
    const std::set<Indicator> wanted(covering.begin(), covering.end());
    for (const Indicator& outer : all) {
      EXPECT_EQ(Covers(outer, inner), wanted.contains(outer))
          << LineOf(outer) << " covers " << LineOf(inner);
    }
  }
}

}  // namespace
}  // namespace policy
