#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "agent/feeds/hosts_file.h"
#include "agent/feeds/plain_list.h"
#include "agent/feeds/registry.h"
#include "agent/feeds/urlhaus.h"

namespace agent::feeds {
namespace {

using namespace std::string_literals;
using policy::ErrorCode;

const policy::TimePoint fetched_at = *policy::ParseTime("2026-03-15T05:00:00Z");
constexpr std::size_t rows_max = 1000;

using Lines = std::vector<std::string>;

Lines LinesOf(const FeedSnapshot& snapshot) {
  Lines lines;
  for (const auto& observation : snapshot.observations) {
    lines.push_back(policy::LineOf(observation.indicator));
  }
  return lines;
}

policy::Result<FeedSnapshot> Plain(std::string_view text) {
  return ParsePlainList(text, fetched_at, rows_max);
}
policy::Result<FeedSnapshot> Hosts(std::string_view text) {
  return ParseHostsFile(text, fetched_at, rows_max);
}
policy::Result<FeedSnapshot> Urlhaus(std::string_view text) {
  return ParseUrlhausCsv(text, fetched_at, rows_max);
}

std::string UrlhausRow(const std::string& url, const std::string& added = "2026-03-14 10:00:00",
                       const std::string& online = "2026-03-15 04:00:00",
                       const std::string& tags = "elf,Mozi") {
  return "\"1\",\"" + added + "\",\"" + url + "\",\"online\",\"" + online +
         "\",\"malware_download\",\"" + tags +
         "\",\"https://urlhaus.abuse.ch/url/1/\",\"someone\"\r\n";
}

TEST(UrlhausCsv, ReadsARow) {
  const auto snapshot = Urlhaus("# id,dateadded\r\n" + UrlhausRow("http://a.example:8080/x.sh"));
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  ASSERT_EQ(snapshot->observations.size(), 1U);
  const policy::Observation& seen = snapshot->observations[0];
  EXPECT_EQ(policy::LineOf(seen.indicator), "url http://a.example:8080/x.sh");
  EXPECT_EQ(policy::FormatTime(seen.first_seen), "2026-03-14T10:00:00Z");
  EXPECT_EQ(policy::FormatTime(seen.last_seen), "2026-03-15T04:00:00Z");
  EXPECT_EQ(seen.threat, policy::ThreatType::malware_download);
  EXPECT_EQ(seen.online, true);
  EXPECT_EQ(seen.tags, "elf,Mozi");
  EXPECT_EQ(seen.malware, "");
  EXPECT_EQ(seen.reference, "https://urlhaus.abuse.ch/url/1/");
}

TEST(UrlhausCsv, TakesTheDayOfAdditionWhereThePayloadNeverAnswered) {
  const auto snapshot = Urlhaus(UrlhausRow("http://a.example/", "2026-03-14 10:00:00", "", "None"));
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(policy::FormatTime(snapshot->observations.at(0).last_seen), "2026-03-14T10:00:00Z");
  EXPECT_EQ(snapshot->observations.at(0).tags, "");
}

TEST(UrlhausCsv, KeepsNamesThatOnlyLookDefanged) {
  const auto snapshot = Urlhaus(UrlhausRow("http://192.0.2.1/mao_hxxp.sh") +
                                UrlhausRow("http://192.0.2.1/[UPG]CSS.exe"));
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(LinesOf(*snapshot),
            (Lines{"url http://192.0.2.1/[UPG]CSS.exe", "url http://192.0.2.1/mao_hxxp.sh"}));
}

TEST(UrlhausCsv, MergesRepeatedRowsIntoTheWidestSpanAndTheNewestWord) {
  const auto snapshot =
      Urlhaus(UrlhausRow("http://a.example/", "2026-03-12 00:00:00", "2026-03-13 00:00:00", "new") +
              UrlhausRow("http://A.example", "2026-03-10 00:00:00", "2026-03-11 00:00:00", "old"));
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->rows_total, 2U);
  ASSERT_EQ(snapshot->observations.size(), 1U);
  EXPECT_EQ(policy::FormatTime(snapshot->observations[0].first_seen), "2026-03-10T00:00:00Z");
  EXPECT_EQ(policy::FormatTime(snapshot->observations[0].last_seen), "2026-03-13T00:00:00Z");
  EXPECT_EQ(snapshot->observations[0].tags, "new");
}

TEST(UrlhausCsv, RejectsBadRowsOneByOneAndCountsThemByReason) {
  std::string text;
  for (int i = 0; i < 8; ++i) text += UrlhausRow("http://a.example/" + std::to_string(i));
  text += "\"1\",\"2026-03-14 10:00:00\",\"http://b.example/\"\r\n";
  text += UrlhausRow("ftp://b.example/");
  text += UrlhausRow("http://b.example/", "yesterday");
  text += UrlhausRow("http://b.example/", "2026-03-14 10:00:00", "soon");
  text += UrlhausRow("http://b.example/", "2026-03-14 10:00:00", "", "\xff");
  text += UrlhausRow("http://b.example/\0"s);
  const auto snapshot = Urlhaus(text);
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  EXPECT_EQ(snapshot->observations.size(), 8U);
  EXPECT_EQ(snapshot->rows_total, 14U);
  EXPECT_EQ(snapshot->rejected_by_reason,
            (std::map<std::string, std::uint64_t>{{"wrong number of columns", 1},
                                                  {"url", 1},
                                                  {"dateadded", 1},
                                                  {"last_online", 1},
                                                  {"not UTF-8", 1},
                                                  {"NUL byte", 1}}));
  EXPECT_EQ(snapshot->rejected.at(0).line, 9U);
}

TEST(UrlhausCsv, DropsAReferenceThatIsNoWebAddress) {
  std::string row = UrlhausRow("http://a.example/");
  row.replace(row.find("https://urlhaus"), 8, "javascript:");
  const auto snapshot = Urlhaus(row);
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  EXPECT_EQ(snapshot->observations.at(0).reference, "");
}

TEST(UrlhausCsv, RefusesAFileThatHasFewerRowsThanItSays) {
  const std::string row = UrlhausRow("http://a.example/");
  EXPECT_TRUE(Urlhaus(row + "# Number of entries: 1"));
  const auto cut = Urlhaus(row + "# Number of entries: 2");
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code, ErrorCode::malformed_input);
}

TEST(PlainList, ReadsEveryKindOfIndicatorDefangedOrNot) {
  const auto snapshot = Plain(
      "# list\n; list\n\nevil.example  # why\nhxxp://Bad[.]example/a#frag\n"
      "192.0.2.1\n198.51.100.0/24\t; net\n203[.]0.113.9\n2001:db8::1\n");
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  EXPECT_EQ(LinesOf(*snapshot),
            (Lines{"domain evil.example", "ip 192.0.2.1/32", "ip 198.51.100.0/24",
                   "ip 203.0.113.9/32", "ip 2001:db8::1/128", "url http://bad.example/a"}));
  EXPECT_EQ(snapshot->observations[0].first_seen, fetched_at);
  EXPECT_EQ(snapshot->observations[0].last_seen, fetched_at);
  EXPECT_EQ(snapshot->rows_total, 6U);
}

TEST(PlainList, TakesTheCountThatFollowsAnAddressButNoOtherSecondWord) {
  const auto snapshot = Plain("192.0.2.1\t10\n192.0.2.2 3\nevil.example 3\n192.0.2.3 x\n");
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(LinesOf(*snapshot), (Lines{"ip 192.0.2.1/32", "ip 192.0.2.2/32"}));
  EXPECT_EQ(snapshot->rejected_by_reason.at("more than one word"), 2U);
}

TEST(FeedFaults, I14_AHostsLineNeverMakesAnAddressAnIndicator) {
  const auto plain = Plain("1.2.3.4 bank.jp\n||bank.jp^$dnsrewrite=1.2.3.4\n");
  ASSERT_TRUE(plain);
  EXPECT_EQ(LinesOf(*plain), Lines{});
  const auto hosts = Hosts("1.2.3.4 bank.jp\n||bank.jp^$dnsrewrite=1.2.3.4\n");
  ASSERT_TRUE(hosts);
  EXPECT_EQ(LinesOf(*hosts), Lines{"domain bank.jp"});
  EXPECT_EQ(hosts->rejected_by_reason.at("no address first"), 1U);
}

TEST(HostsFile, TakesTheNamesAndPassesOverTheMachinesOwn) {
  const auto snapshot = Hosts(
      "127.0.0.1 localhost localhost.localdomain\n::1 ip6-localhost\nfe80::1%lo0 localhost\n"
      "0.0.0.0 0.0.0.0\n0.0.0.0 evil.example # x\n127.0.0.1\tA.example b.example\n:: c.example\n");
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  EXPECT_EQ(LinesOf(*snapshot), (Lines{"domain a.example", "domain b.example", "domain c.example",
                                       "domain evil.example"}));
  EXPECT_EQ(snapshot->rows_total, 4U);
}

TEST(HostsFile, RejectsALineWithoutAddressOrWithoutName) {
  const auto snapshot =
      Hosts("0.0.0.0 a.example\nb.example\n0.0.0.0\n0.0.0.0 192.0.2.1\n0.0.0.0 b\n");
  ASSERT_TRUE(snapshot || snapshot.error().code == ErrorCode::malformed_input);
  const auto fewer = Hosts("0.0.0.0 a.example\nb.example\n0.0.0.0\n0.0.0.0 192.0.2.1\n");
  ASSERT_TRUE(fewer);
  EXPECT_EQ(LinesOf(*fewer), Lines{"domain a.example"});
  EXPECT_EQ(fewer->rejected_by_reason,
            (std::map<std::string, std::uint64_t>{
                {"no address first", 1}, {"no domain name", 1}, {"no name after the address", 1}}));
}

TEST(FeedFaults, F4_RefusesAWebPageWhateverTheFormat) {
  for (const FormatRow& format : FeedFormats()) {
    for (const char* page :
         {"<!DOCTYPE html><html>", "\xef\xbb\xbf\r\n  <html>", "<?xml version=\"1.0\"?><Error/>"}) {
      const auto parsed = format.make({}).parse(page, fetched_at, rows_max);
      ASSERT_FALSE(parsed) << format.name << ": " << page;
      EXPECT_EQ(parsed.error().code, ErrorCode::malformed_input);
      EXPECT_NE(parsed.error().detail.find("web page"), std::string::npos);
    }
  }
}

TEST(FeedFaults, F4_RefusesAFileOfWhichMoreThanHalfIsRejected) {
  const std::string good = "a.example\nb.example\nc.example\n";
  EXPECT_TRUE(Plain(good + "please solve\nthe captcha\nto go\n"));
  const auto bad = Plain(good + "please solve\nthe captcha\nto go\non here\n");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, ErrorCode::malformed_input);
  EXPECT_NE(bad.error().detail.find("more than one word"), std::string::npos);
}

TEST(FeedFaults, F7_RefusesAnArchiveWithinTheBody) {
  for (const std::string& start : {"PK\x03\x04zip"s, "\x1f\x8b\x08gz"s, "\x28\xb5\x2f\xfdzst"s}) {
    for (const FormatRow& format : FeedFormats()) {
      EXPECT_FALSE(format.make({}).parse(start, fetched_at, rows_max)) << format.name;
    }
  }
}

TEST(FeedFaults, F3_StopsAtTheCapOnRows) {
  for (const std::string format : {"urlhaus-csv", "hosts", "plain"}) {
    const auto parse = FindFeedFormat(format)->parse;
    std::string text;
    for (std::size_t i = 0; i <= rows_max; ++i) {
      const std::string name = "n" + std::to_string(i) + ".example";
      text += format == "urlhaus-csv" ? UrlhausRow("http://" + name)
              : format == "hosts"     ? "0.0.0.0 " + name + "\n"
                                      : name + "\n";
    }
    const auto over = parse(text, fetched_at, rows_max);
    ASSERT_FALSE(over) << format;
    EXPECT_EQ(over.error().code, ErrorCode::exhausted);
    EXPECT_TRUE(parse(text, fetched_at, rows_max + 1)) << format;
  }
}

TEST(FeedFaults, F13_TakesAByteOrderMarkAndAnyLineEnd) {
  const auto snapshot = Plain(
      "\xef\xbb\xbf"
      "a.example\r\nb.example\rc.example\n");
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(LinesOf(*snapshot),
            (Lines{"domain a.example", "domain b.example", "domain c.example"}));
  EXPECT_EQ(Urlhaus("\xef\xbb\xbf# x\n" + UrlhausRow("http://a.example/"))->rows_total, 1U);
}

TEST(FeedFaults, F13_RefusesUtf16AndSaysSo) {
  for (const std::string& text : {"\xff\xfe"s
                                  "a\0.\0"s,
                                  "\xfe\xff\0a\0."s, "a\0.\0b\0"s, "\0a\0.\0b"s}) {
    for (const FormatRow& format : FeedFormats()) {
      const auto parsed = format.make({}).parse(text, fetched_at, rows_max);
      ASSERT_FALSE(parsed) << format.name;
      EXPECT_NE(parsed.error().detail.find("UTF-16"), std::string::npos);
    }
  }
}

TEST(FeedFaults, F13_RejectsAHostileLineAloneAndCountsItByReason) {
  std::string text = "a.example\nb.example\nc.example\nd.example\n";
  text += "x\0y.example\n"s;
  text += std::string(1024 * 1024, 'x') + "\n";
  text += "caf\xe9.example\n";
  text += "e.example\n";
  const auto snapshot = Plain(text);
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  EXPECT_EQ(snapshot->observations.size(), 5U);
  EXPECT_EQ(snapshot->rejected_by_reason,
            (std::map<std::string, std::uint64_t>{
                {"NUL byte", 1}, {"longer than 64 KiB", 1}, {"not UTF-8", 1}}));
  EXPECT_EQ(snapshot->rejected.at(1).line, 6U);
  EXPECT_LT(snapshot->rejected.at(1).reason.size(), 200U);
}

TEST(FeedParsers, KeepTheFirstHundredRejectedRowsAndCountAll) {
  std::string text;
  for (int i = 0; i < 150; ++i) text += "a" + std::to_string(i) + ".example\nnot a name\n";
  const auto snapshot = Plain(text);
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->rejected.size(), 100U);
  EXPECT_EQ(snapshot->rejected_by_reason.at("more than one word"), 150U);
}

TEST(FeedParsers, GiveTheSameSnapshotForTheSameRowsInAnotherOrder) {
  EXPECT_EQ(LinesOf(*Plain("b.example\n192.0.2.1\na.example\n")),
            LinesOf(*Plain("192.0.2.1\na.example\nb.example\nA.example.\n")));
}

TEST(FeedRegistry, NamesTheFormatsThereAreWhenAskedForAnother) {
  const auto format = FindFeedFormat("smoke-signals");
  ASSERT_FALSE(format);
  EXPECT_EQ(format.error().code, ErrorCode::not_found);
  EXPECT_NE(format.error().detail.find("take one of urlhaus-csv, "), std::string::npos);
  EXPECT_TRUE(FindAllowlistFormat("misp-warninglist"));
}

TEST(FeedRegistry, RefusesAnAllowlistThatIsSomethingElse) {
  const auto parse = FindAllowlistFormat("plain")->parse;
  EXPECT_FALSE(parse("<html>", fetched_at, rows_max));
  EXPECT_FALSE(parse("a b\nc d\ne f\ng h\ni j\n", fetched_at, rows_max));
  const auto good = parse("example.com\n192.0.2.0/24\n", fetched_at, rows_max);
  ASSERT_TRUE(good);
  EXPECT_EQ(good->summary.rows, 2U);
}

}  // namespace
}  // namespace agent::feeds
