#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "exporters/squid/contents.h"
#include "exporters/squid/render.h"
#include "exporters/squid/samples.h"

namespace exporters::squid {
namespace {

Contents Of(std::vector<std::string> lines, bool tls_inspection = false) {
  auto contents = ContentsOf(*policy::ListSnapshot::FromLines(std::move(lines)), tls_inspection);
  EXPECT_TRUE(contents.has_value()) << (contents ? "" : contents.error().detail);
  return contents ? *contents : Contents{};
}

Settings Plain() {
  Settings settings;
  settings.directory = "/var/lib/sekisho-squid";
  settings.helper = "/usr/lib/sekisho/sekisho-squid-acl";
  settings.error_page = "ERR_SEKISHO_BLOCKED";
  return settings;
}

std::string FileOf(const Rendered& rendered, const std::string& name) {
  for (const ArtifactFile& file : rendered.artifact.files) {
    if (file.name == name) return file.bytes;
  }
  return "no file " + name;
}

TEST(SquidRenderTest, WritesOneDottedNameALineBehindTheMarker) {
  const auto rendered = Render(Of({"domain b.example", "domain a.example"}), Plain());
  EXPECT_EQ(FileOf(rendered, kNamesFile), rendered.acl_marker + "\n.a.example\n.b.example\n");
}

TEST(SquidRenderTest, GivesTheSameBytesForTheSameList) {
  const std::vector<std::string> lines{"domain a.example", "ip 192.0.2.0/24",
                                       "url http://b.example/x"};
  const auto once = Render(Of(lines), Plain());
  const auto again = Render(Of(lines), Plain());
  ASSERT_EQ(once.artifact.files.size(), again.artifact.files.size());
  for (std::size_t i = 0; i < once.artifact.files.size(); ++i) {
    EXPECT_EQ(once.artifact.files[i].bytes, again.artifact.files[i].bytes);
  }
}

TEST(SquidRenderTest, ChangesItsMarkersWithTheirContentOnly) {
  const auto base = Render(Of({"domain a.example", "url http://b.example/x"}), Plain());
  const auto other_url = Render(Of({"domain a.example", "url http://b.example/y"}), Plain());
  const auto other_name = Render(Of({"domain c.example", "url http://b.example/x"}), Plain());
  EXPECT_EQ(base.acl_marker, other_url.acl_marker);
  EXPECT_NE(base.requests_marker, other_url.requests_marker);
  EXPECT_NE(base.acl_marker, other_name.acl_marker);
  EXPECT_EQ(base.requests_marker, other_name.requests_marker);
}

TEST(SquidRenderTest, GivesTheNamesToTheHelperIfAskedTo) {
  Settings settings = Plain();
  settings.names_in = NamesIn::helper;
  const auto rendered = Render(Of({"domain a.example", "url http://b.example/x"}), settings);
  EXPECT_EQ(FileOf(rendered, kNamesFile), rendered.acl_marker + "\n");
  EXPECT_NE(FileOf(rendered, kRequestsFile).find("domain a.example\n"), std::string::npos);
}

// I15: Squid 5 ends itself on a child listed before its parent, and on overlaps it ignores the
// later address.
TEST(ExporterFaults, I15_SquidGetsParentsOnlyAndMergedAddresses) {
  const auto contents =
      Of({"domain a.b.example", "domain b.example", "domain xb.example", "domain c.a.b.example",
          "ip 10.1.0.0/16", "ip 10.1.2.3/32", "ip 192.0.2.0/25", "ip 192.0.2.128/25"});
  EXPECT_EQ(contents.domains, (std::vector<std::string>{"b.example", "xb.example"}));
  ASSERT_EQ(contents.prefixes.size(), 2U);
  EXPECT_EQ(contents.prefixes[0].ToString(), "10.1.0.0/16");
  EXPECT_EQ(contents.prefixes[1].ToString(), "192.0.2.0/24");
}

// I12: of an https URL a proxy sees the host only, and blocking that would be wider.
TEST(ExporterFaults, I12_SquidNeverWidensAnHttpsUrlToItsHost) {
  const auto contents = Of({"url https://github.com/evil/x", "url http://github.com/evil/x"});
  EXPECT_TRUE(contents.domains.empty());
  EXPECT_EQ(contents.urls, (std::vector<std::string>{"http://github.com/evil/x"}));
  EXPECT_EQ(contents.not_enforceable, 1U);
  EXPECT_EQ(Of({"url https://github.com/evil/x"}, true).urls.size(), 1U);
}

// I5: what is no canonical line never becomes one of Squid's.
TEST(ExporterFaults, I5_SquidRefusesAListWithSomethingThatIsNoIndicator) {
  for (const char* line :
       {"domain evil.example#x", "domain evil.example good.example", "domain .com",
        "domain \"/etc/passwd\"", "url http://a.example/ x", "ip 10.0.0.1-10.0.0.9", "domain *"}) {
    EXPECT_FALSE(ContentsOf(*policy::ListSnapshot::FromLines({line}), false).has_value()) << line;
  }
}

TEST(SquidContentsTest, CountsWhatIsNeverLookedUpAsNotEnforceable) {
  const auto contents = Of({"domain x.invalid", "domain invalid.example"});
  EXPECT_EQ(contents.domains, (std::vector<std::string>{"invalid.example"}));
  EXPECT_EQ(contents.not_enforceable, 1U);
}

TEST(SquidContentsTest, KnowsWhatAWiderEntryCovers) {
  const auto contents = Of({"domain b.example", "domain a-b.example", "ip 192.0.2.0/24",
                            "ip 2001:db8::/32", "url http://c.example/x"});
  const struct {
    const char* line;
    bool covered;
  } cases[] = {
      {"domain b.example", true},       {"domain x.y.b.example", true},
      {"domain xb.example", false},     {"domain example", false},
      {"domain a-b.example", true},     {"ip 192.0.2.255/32", true},
      {"ip 192.0.3.0/32", false},       {"ip 192.0.0.0/16", false},
      {"ip 2001:db8:1::1/128", true},   {"ip 2001:db9::/32", false},
      {"url http://c.example/x", true}, {"url http://c.example/y", false},
      {"url http://b.example/q", true}, {"url http://192.0.2.9/q", true},
  };
  for (const auto& c : cases) {
    const auto indicator = policy::ParseLine(c.line);
    ASSERT_TRUE(indicator.has_value()) << c.line;
    EXPECT_EQ(Covers(contents, *indicator), c.covered) << c.line;
  }
}

TEST(SquidSamplesTest, ProbeBothEndsOfAPrefixAndANameBelow) {
  const auto samples = SamplesOf(Of({"domain a.example", "ip 192.0.2.0/24"}), 8);
  EXPECT_EQ(samples.blocked,
            (std::vector<std::string>{"http://a.example/", "http://sekisho-probe.a.example/",
                                      "http://192.0.2.0/", "http://192.0.2.255/"}));
}

TEST(SquidSamplesTest, ExpectARemovedEntryToPassUnlessAWiderOneBlocksItStill) {
  const auto contents = Of({"domain b.example"});
  const policy::Delta delta{{"domain b.example"}, {"domain a.b.example", "domain c.example"}};
  const auto samples = SamplesOf(contents, delta, 8);
  EXPECT_EQ(samples.let_through, (std::vector<std::string>{"http://c.example/"}));
  EXPECT_EQ(samples.blocked.front(), "http://b.example/");
}

}  // namespace
}  // namespace exporters::squid
