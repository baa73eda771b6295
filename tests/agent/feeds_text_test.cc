// Indicators in text for people, and in YAML that people keep.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "agent/feeds/registry.h"
#include "agent/feeds/text_report.h"
#include "agent/feeds/text_words.h"
#include "agent/feeds/yaml_lists.h"
#include "config/yaml.h"
#include "tests/agent/feeds_outcome.h"

namespace agent::feeds {
namespace {

using Lines = std::vector<std::string>;
using Words = std::vector<std::string>;

constexpr policy::TimePoint fetched_at{std::chrono::seconds(1'773'576'000)};

TextOptions Plain() {
  TextOptions options;
  options.plain = true;
  return options;
}

policy::Result<FeedSnapshot> Read(const std::string& text, const TextOptions& options = {}) {
  return ParseTextReport(text, fetched_at, 1000, options);
}

Lines LinesOf(const policy::Result<FeedSnapshot>& snapshot) {
  if (!snapshot) return {"refused: " + snapshot.error().detail};
  Lines lines;
  for (const policy::Observation& observation : snapshot->observations) {
    lines.push_back(policy::LineOf(observation.indicator));
  }
  return lines;
}

TEST(TextWords, LoseTheTypographyAroundThem) {
  EXPECT_EQ(WordsOf("- Received: from a[.]net ([198.18.0[.]1])"),
            (Words{"Received", "from", "a[.]net", "198.18.0[.]1"}));
  EXPECT_EQ(WordsOf("|`a[.]net` |x, y; \"z\""), (Words{"a[.]net", "x", "y", "z"}));
  EXPECT_EQ(WordsOf("see [the panel](hxxp://a[.]net/x)."),
            (Words{"see", "the", "panel", "hxxp://a[.]net/x"}));
  EXPECT_EQ(WordsOf("++http://a[.]net/++ **b[.]net**"), (Words{"http://a[.]net/", "b[.]net"}));
  EXPECT_EQ(WordsOf("C2=hxxp://a[.]net/x"), Words{"hxxp://a[.]net/x"});
  EXPECT_EQ(WordsOf("\xe2\x80\x9c"
                    "a[.]net\xe2\x80\x9d\xc2\xa0"
                    "b\xe2\x80\x8b[.]net"),
            (Words{"a[.]net", "b[.]net"}));
}

TEST(TextWords, KeepWhatIsPartOfAUrl) {
  EXPECT_EQ(WordsOf("hxxp://a[.]net/[UPG]CSS.exe,"), Words{"hxxp://a[.]net/[UPG]CSS.exe"});
  EXPECT_EQ(WordsOf("hxxp://a[.]net/x(1).php)"), Words{"hxxp://a[.]net/x(1).php"});
  EXPECT_EQ(WordsOf("hxxp://a[.]net/x,y;z"), Words{"hxxp://a[.]net/x,y;z"});
  EXPECT_EQ(WordsOf("hxxp://a[.]net/x."), Words{"hxxp://a[.]net/x."});
  EXPECT_EQ(WordsOf("at hxxp://a[.]net/x."), (Words{"at", "hxxp://a[.]net/x"}));
}

TEST(TextWords, EndAUrlWhereTheNextColumnStarts) {
  EXPECT_EQ(WordsOf("hxxp://a.net/,2017-07-27 06:20:28,d41d8cd98f00b204e9800998ecf8427e").front(),
            "hxxp://a.net/");
  EXPECT_EQ(WordsOf("hxxp://a.net/,hxxp://b.net/"), (Words{"hxxp://a.net/", "hxxp://b.net/"}));
}

TEST(TextReport, FindsWhatIsDefanged) {
  EXPECT_EQ(
      LinesOf(Read("The loader calls evil[.]net, bad(.)com and hxxps://x.worse[.]org/gate.\n"
                   "Servers: 198.18.0[.]1; 198.18.1[.]2:443; hxtp://198.18.0[.]3/a\n"
                   "h**p://cross[.]net/b hxxp[:]//colon[.]net/ hxxp[://]both[.]net/ a[.com\n")),
      (Lines{"domain a.com", "domain bad.com", "domain evil.net", "ip 198.18.0.1/32",
             "ip 198.18.1.2/32", "url http://198.18.0.3/a", "url http://both.net/",
             "url http://colon.net/", "url http://cross.net/b", "url https://x.worse.org/gate"}));
}

TEST(TextReport, PassesOverWhatIsNotDefanged) {
  const auto snapshot = Read("evil[.]net is served by 198.18.0.1, see https://vendor.com/blog.\n");
  EXPECT_EQ(OutcomeOf(snapshot), "domain 1 | not defanged 2");
}

TEST(TextReport, RefusesAListOfPlainNamesAndSaysWhatToSet) {
  const auto snapshot = Read("a.net\nb.net\n");
  ASSERT_FALSE(snapshot);
  EXPECT_NE(snapshot.error().detail.find("plain: true"), std::string::npos);
  EXPECT_EQ(LinesOf(Read("a.net\nb.net\n", Plain())), (Lines{"domain a.net", "domain b.net"}));
}

TEST(TextReport, TakesNoFileVersionPackageOrExampleForAName) {
  const auto snapshot = Read(
      "payload.exe drops gate.php and script.sh of v1.2.3, 10.0.19041 and version 10.0.0.1\n"
      "com.spy.app of Node.js posts to gate[.]php or test.example.com or 192.0.2[.]7\n"
      "mail to someone@evil[.]net from C:\\evil.com\\x and Win64/BadIIS.S\n",
      Plain());
  EXPECT_EQ(OutcomeOf(snapshot),
            "| an example 2, e-mail address 1, file name 5, package name 1, version number 3");
}

TEST(TextReport, TakesNoSingleLabelWithADotForAName) {
  EXPECT_EQ(OutcomeOf(Read("evil[.]net\ni.:82 localhost.:80\n")), "domain 1");
}

TEST(TextReport, TakesAScriptsEndingForATopLevelDomainWhereTheNameStandsAlone) {
  EXPECT_EQ(LinesOf(Read("evil.pl\nrun other.pl now\nand third[.]pl\n", Plain())),
            (Lines{"domain evil.pl", "domain third.pl"}));
}

TEST(TextReport, TakesNoNameWhoseTopLevelDomainDoesNotExistUnlessItIsDefanged) {
  EXPECT_EQ(OutcomeOf(Read("e.g. Foo.Bar.Baz\nreal.co.za\nc2[.]bazar\n", Plain())),
            "domain 2 | no known public suffix 2");
}

TEST(TextReport, LeavesOutTheReportsOwnSite) {
  const auto document = config::Document::Parse(
      "url: https://blog.vendor.com/post\nplain: true\nown_sites: [vendor.net]\n", "x.yaml");
  ASSERT_TRUE(document);
  const auto format = FindFeedFormat("text", document->root());
  ASSERT_TRUE(document->Finish());
  const auto parsed = format->parse(
      "evil.net https://blog.vendor.com/other cdn.vendor.net vendor[.]net", fetched_at, 1000);
  ASSERT_TRUE(parsed);
  const auto& snapshot = *std::get<std::shared_ptr<const FeedSnapshot>>(parsed->content);
  ASSERT_EQ(snapshot.observations.size(), 2U);
  EXPECT_EQ(snapshot.observations[0].reference, "https://blog.vendor.com/post");
  EXPECT_EQ(snapshot.rejected_by_reason,
            (std::map<std::string, std::uint64_t>{{"the report's own site", 2}}));
}

TEST(TextReport, PutsASchemeOnlyWhereOneIsConfigured) {
  EXPECT_EQ(OutcomeOf(Read("evil.net/gate?x=1\n", Plain())), "| URL without a scheme 1");
  TextOptions options = Plain();
  options.scheme = "http";
  EXPECT_EQ(LinesOf(Read("evil.net/gate?x=1\n", options)), Lines{"url http://evil.net/gate?x=1"});
}

TEST(TextReport, RejectsAUrlThatWasCutShort) {
  EXPECT_EQ(OutcomeOf(Read("hxxp://evil[.]net/aaaa...\nhxxp://evil[.]net/bbbb\xe2\x80\xa6\n")),
            "| URL cut short 2");
}

TEST(TextReport, TakesHashesAndCountsBrokenLinesByReason) {
  const auto snapshot =
      Read(std::string("d41d8cd98f00b204e9800998ecf8427e a[.]net\n"
                       "x\0[.]net\ncaf\xe9[.]net\n",
                       60));
  EXPECT_EQ(OutcomeOf(snapshot), "domain 1, hash 1 | NUL byte 1, not UTF-8 1");
}

TEST(TextReport, StopsAtTheCapOnRows) {
  const auto snapshot = ParseTextReport("a[.]net b[.]net c[.]net", fetched_at, 2);
  ASSERT_FALSE(snapshot);
  EXPECT_EQ(snapshot.error().code, policy::ErrorCode::exhausted);
}

TEST(YamlLists, TakeTheValuesOfTheirKeysAndNameTheMalware) {
  YamlOptions options{{"websites", "domains", "ips"}, "name"};
  const auto snapshot = ParseYamlLists(
      "- name: Spy\n  packages: [com.spy.app]\n  websites:\n  - spy.example\n  c2:\n"
      "    domains: [c2.example]\n    ips: [192.0.2.1, \"not one\"]\n"
      "- name: Other\n  websites: other.example\n",
      fetched_at, 1000, options);
  EXPECT_EQ(LinesOf(snapshot), (Lines{"domain c2.example", "domain other.example",
                                      "domain spy.example", "ip 192.0.2.1/32"}));
  EXPECT_EQ(snapshot->observations[0].malware, "Spy");
  EXPECT_EQ(snapshot->observations[1].malware, "Other");
  ASSERT_EQ(snapshot->rejected.size(), 1U);
  EXPECT_EQ(snapshot->rejected[0].line, 7U);
}

TEST(YamlLists, ReadNothingFromOurEnvironment) {
  const auto snapshot =
      ParseYamlLists("domains: [\"${HOME}.example\", a.example]\n", fetched_at, 1000);
  EXPECT_EQ(LinesOf(snapshot), Lines{"domain a.example"});
}

TEST(YamlLists, RefuseWhatIsNoYaml) {
  EXPECT_FALSE(ParseYamlLists("domains: [a.example\n", fetched_at, 1000));
  EXPECT_FALSE(ParseYamlLists("x: &a [1]\ny: *a\n", fetched_at, 1000));
}

}  // namespace
}  // namespace agent::feeds
