#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "exporters/squid/contents.h"
#include "exporters/squid/render.h"
#include "exporters/squid/samples.h"

namespace exporters::squid {
namespace {

using List = std::shared_ptr<const policy::ListSnapshot>;

Settings Plain(bool tls_inspection = false) {
  Settings settings;
  settings.directory = "/var/lib/sekisho-squid";
  settings.helper = "/usr/lib/sekisho/sekisho-squid-acl";
  settings.error_page = "ERR_SEKISHO_BLOCKED";
  settings.tls_inspection = tls_inspection;
  settings.samples = 8;
  return settings;
}

List ListOf(std::vector<std::string> lines) {
  return policy::ListSnapshot::FromLines(std::move(lines));
}

Contents Of(const List& list, const Settings& settings = Plain()) {
  auto contents = ContentsOf(*list, settings);
  EXPECT_TRUE(contents.has_value()) << (contents ? "" : contents.error().detail);
  return contents ? *contents : Contents{};
}

Rendered RenderedOf(std::vector<std::string> lines, const Settings& settings = Plain()) {
  const List list = ListOf(std::move(lines));
  return Render(*list, Of(list, settings), settings);
}

std::string FileOf(const Rendered& rendered, const std::string& name) {
  for (const ArtifactFile& file : rendered.artifact.files) {
    if (file.name == name) return file.bytes;
  }
  return "no file " + name;
}

TEST(SquidRenderTest, WritesOneDottedNameALineBehindTheMarker) {
  const auto rendered = RenderedOf({"domain b.example", "domain a.example"});
  EXPECT_EQ(FileOf(rendered, kNamesFile), rendered.acl_marker + "\n.a.example\n.b.example\n");
}

TEST(SquidRenderTest, GivesTheSameBytesForTheSameList) {
  const std::vector<std::string> lines{"domain a.example", "ip 192.0.2.0/24",
                                       "url http://b.example/x"};
  const auto once = RenderedOf(lines);
  const auto again = RenderedOf(lines);
  ASSERT_EQ(once.artifact.files.size(), again.artifact.files.size());
  for (std::size_t i = 0; i < once.artifact.files.size(); ++i) {
    EXPECT_EQ(once.artifact.files[i].bytes, again.artifact.files[i].bytes);
  }
}

TEST(SquidRenderTest, ChangesItsMarkersWithTheirContentOnly) {
  const auto base = RenderedOf({"domain a.example", "url http://b.example/x"});
  const auto other_url = RenderedOf({"domain a.example", "url http://b.example/y"});
  const auto other_name = RenderedOf({"domain c.example", "url http://b.example/x"});
  EXPECT_EQ(base.acl_marker, other_url.acl_marker);
  EXPECT_NE(base.requests_marker, other_url.requests_marker);
  EXPECT_NE(base.acl_marker, other_name.acl_marker);
}

TEST(SquidRenderTest, LeavesTheNamesToTheHelperIfAskedTo) {
  Settings settings = Plain();
  settings.names_in = NamesIn::helper;
  const auto rendered = RenderedOf({"domain a.example", "url http://b.example/x"}, settings);
  EXPECT_EQ(FileOf(rendered, kNamesFile), rendered.acl_marker + "\n");
  const auto other = RenderedOf({"domain c.example", "url http://b.example/x"}, settings);
  EXPECT_EQ(rendered.acl_marker, other.acl_marker) << "else Squid would be reconfigured";
}

TEST(SquidRenderTest, GivesTheHelperTheListItselfWhoeverHasTheNames) {
  const std::vector<std::string> lines{"domain a.example", "url http://b.example/x"};
  const std::string file = FileOf(RenderedOf(lines), kRequestsFile);
  EXPECT_EQ(file.substr(file.find('\n') + 1), ListOf(lines)->text());
}

TEST(SquidRenderTest, HasTheHelperBlockWithoutAListOnlyIfAskedTo) {
  Settings settings = Plain();
  EXPECT_EQ(Fragment(settings, "/x").find("--block-without-list"), std::string::npos);
  settings.without_list = WithoutList::block;
  EXPECT_NE(Fragment(settings, "/x").find("--block-without-list"), std::string::npos);
}

// I15: Squid 5 ends itself on a child listed before its parent, and on overlaps it ignores the
// later address.
TEST(ExporterFaults, I15_SquidGetsParentsOnlyAndMergedAddresses) {
  const auto contents = Of(
      ListOf({"domain a.b.example", "domain b.example", "domain xb.example", "domain c.a.b.example",
              "ip 10.1.0.0/16", "ip 10.1.2.3/32", "ip 192.0.2.0/25", "ip 192.0.2.128/25"}));
  EXPECT_EQ(contents.domains, (std::vector<std::string>{"b.example", "xb.example"}));
  ASSERT_EQ(contents.prefixes.size(), 2U);
  EXPECT_EQ(contents.prefixes[0].ToString(), "10.1.0.0/16");
  EXPECT_EQ(contents.prefixes[1].ToString(), "192.0.2.0/24");
}

// I12: of an https URL a proxy sees the host only, and blocking that would be wider.
TEST(ExporterFaults, I12_SquidNeverWidensAnHttpsUrlToItsHost) {
  const auto list = ListOf({"url https://github.com/evil/x", "url http://github.com/evil/x"});
  const auto contents = Of(list);
  EXPECT_TRUE(contents.domains.empty());
  EXPECT_EQ(contents.enforced, 1U);
  EXPECT_EQ(contents.not_enforceable, 1U);
  EXPECT_EQ(Of(list, Plain(true)).enforced, 2U);
}

// I5: what is no canonical line never becomes one of Squid's.
TEST(ExporterFaults, I5_SquidRefusesAListWithSomethingThatIsNoIndicator) {
  for (const char* line :
       {"domain evil.example#x", "domain evil.example good.example", "domain .com",
        "domain \"/etc/passwd\"", "url http://a.example/ x", "ip 10.0.0.1-10.0.0.9", "domain *"}) {
    EXPECT_FALSE(ContentsOf(*ListOf({line}), Plain()).has_value()) << line;
  }
}

TEST(SquidContentsTest, CountsWhatIsNeverLookedUpAsNotEnforceable) {
  const auto contents = Of(ListOf({"domain x.invalid", "domain invalid.example"}));
  EXPECT_EQ(contents.domains, (std::vector<std::string>{"invalid.example"}));
  EXPECT_EQ(contents.not_enforceable, 1U);
}

TEST(SquidContentsTest, KnowsWhatAWiderEntryCovers) {
  const auto list = ListOf({"domain b.example", "domain a-b.example", "ip 192.0.2.0/24",
                            "ip 2001:db8::/32", "url http://c.example/x"});
  const auto contents = Of(list);
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
    EXPECT_EQ(Covers(*list, contents, *indicator), c.covered) << c.line;
  }
}

// What a change makes of the contents has to be what reading the whole list anew makes of them.
TEST(SquidContentsTest, FollowsChangesAsIfItReadTheWholeList) {
  Settings settings = Plain();
  settings.names_in = NamesIn::helper;
  const List steps[] = {
      ListOf({}),
      ListOf({"domain a.example", "ip 192.0.2.0/25"}),
      ListOf({"domain a.example", "ip 192.0.2.0/24", "url https://c.example/x"}),
      ListOf({"domain x.invalid", "ip 192.0.2.0/24", "url http://c.example/x"}),
      ListOf({"ip 198.51.100.7/32", "ip 2001:db8::/32"}),
      ListOf({"domain a.example", "url http://c.example/x"}),
      ListOf({}),
  };
  Contents contents = Of(steps[0], settings);
  for (std::size_t i = 1; i < std::size(steps); ++i) {
    const auto delta = policy::Difference(*steps[i - 1], *steps[i]);
    const auto next = ContentsAfter(contents, delta, *steps[i], settings);
    ASSERT_TRUE(next.has_value()) << next.error().detail;
    const Contents whole = Of(steps[i], settings);
    EXPECT_EQ(next->enforced, whole.enforced) << i;
    EXPECT_EQ(next->not_enforceable, whole.not_enforceable) << i;
    EXPECT_EQ(next->prefixes, whole.prefixes) << i;
    contents = *next;
  }
}

TEST(ExporterFaults, I5_SquidRefusesAChangeWithSomethingThatIsNoIndicator) {
  Settings settings = Plain();
  settings.names_in = NamesIn::helper;
  const policy::Delta delta{{"domain evil.example#x"}, {}};
  EXPECT_FALSE(ContentsAfter({}, delta, *ListOf({"domain evil.example#x"}), settings).has_value());
}

TEST(SquidSamplesTest, ProbeBothEndsOfAPrefixAndANameBelow) {
  const auto list = ListOf({"domain a.example", "ip 192.0.2.0/24", "url http://b.example/x",
                            "url https://b.example/unseen"});
  const auto samples = SamplesOf(*list, Of(list), Plain());
  EXPECT_EQ(
      samples.blocked,
      (std::vector<std::string>{"http://a.example/", "http://sekisho-probe.a.example/",
                                "http://192.0.2.0/", "http://192.0.2.255/", "http://b.example/x"}));
}

TEST(SquidSamplesTest, ExpectARemovedEntryToPassUnlessAWiderOneBlocksItStill) {
  const auto list = ListOf({"domain b.example"});
  const policy::Delta delta{{"domain b.example"}, {"domain a.b.example", "domain c.example"}};
  const auto samples = SamplesOf(*list, Of(list), delta, Plain());
  EXPECT_EQ(samples.let_through, (std::vector<std::string>{"http://c.example/"}));
  EXPECT_EQ(samples.blocked.front(), "http://b.example/");
}

}  // namespace
}  // namespace exporters::squid
