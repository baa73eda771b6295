#include <gtest/gtest.h>

#include <string>

#include "agent/feeds/time_format.h"
#include "tests/agent/feeds_counts.h"

namespace agent::feeds {
namespace {

using policy::FormatTime;
using policy::Observation;

Observation OnlyOne(const std::string& yaml, std::string_view bytes) {
  const auto snapshot = ParseAs(yaml, bytes);
  EXPECT_TRUE(snapshot) << snapshot.error().detail;
  EXPECT_EQ(snapshot->observations.size(), 1U) << RejectedText(*snapshot);
  return snapshot->observations.at(0);
}

std::string LineIn(const std::string& yaml, std::string_view bytes) {
  return policy::LineOf(OnlyOne(yaml, bytes).indicator);
}

Counts CountsIn(const std::string& yaml, std::string_view bytes) {
  const auto snapshot = ParseAs(yaml, bytes);
  EXPECT_TRUE(snapshot) << snapshot.error().detail;
  return CountsOf(*snapshot);
}

std::string MistakesIn(const std::string& yaml) {
  const auto format = FormatOf(yaml);
  return format ? "none" : format.error().detail;
}

TEST(MappedCsv, ReadsEveryColumnThatAnObservationHas) {
  const Observation seen = OnlyOne(
      R"(
format: csv
columns:
  indicator: ioc
  kind: type
  first_seen: first
  last_seen: last
  valid_until: until
  confidence: score
  threat: why
  malware: family
  campaign: operation
  tags: labels
  reference: link
kinds: {hostname: domain}
threats: {botnet: c2}
)",
      "type,ioc,first,last,until,score,why,family,operation,labels,link\n"
      "hostname,Evil[.]example,2026-03-01,2026-03-02 10:00:00,2026-04-01T00:00:00Z,80.5,botnet,"
      "Emotet,Dust,\"a,b\",https://blog.example/x\n");
  EXPECT_EQ(policy::LineOf(seen.indicator), "domain evil.example");
  EXPECT_EQ(FormatTime(seen.first_seen), "2026-03-01T00:00:00Z");
  EXPECT_EQ(FormatTime(seen.last_seen), "2026-03-02T10:00:00Z");
  EXPECT_EQ(FormatTime(*seen.valid_until), "2026-04-01T00:00:00Z");
  EXPECT_EQ(seen.confidence->percent(), 80);
  EXPECT_EQ(seen.threat, policy::ThreatType::c2);
  EXPECT_EQ(seen.malware, "Emotet");
  EXPECT_EQ(seen.campaign, "Dust");
  EXPECT_EQ(seen.tags, "a,b");
  EXPECT_EQ(seen.reference, "https://blog.example/x");
}

TEST(MappedCsv, GuessesTheKindUnlessToldOtherwise) {
  const std::string yaml = "format: csv\nheader: false\ncolumns: {indicator: \"1\"}\n";
  EXPECT_EQ(LineIn(yaml, "hxxp://evil[.]example/x\n"), "url http://evil.example/x");
  EXPECT_EQ(LineIn(yaml, "192.0.2.0/24\n"), "ip 192.0.2.0/24");
  EXPECT_EQ(CountsIn(yaml, std::string(64, 'a') + "\n"), (Counts{1, 0, {}, {{"file hashes", 1}}}));
  EXPECT_EQ(LineIn(yaml + "kind: ip:port\n", "192.0.2.7:80\n"), "ip 192.0.2.7/32");
  EXPECT_EQ(OnlyOne(yaml + "kind: ip:port\n", "192.0.2.7:80\n").tags, "port:80");
  EXPECT_EQ(CountsIn(yaml + "kind: domain\n", "192.0.2.7\n"), (Counts{1, 0, {{"indicator", 1}}}));
}

TEST(MappedCsv, TakesOurOwnNamesOfKindsAndThreatsWithoutAMap) {
  const std::string yaml =
      "format: csv\nheader: [what, kind, why]\n"
      "columns: {indicator: what, kind: kind, threat: why}\n";
  EXPECT_EQ(OnlyOne(yaml, "evil.example,domain,phishing\n").threat, policy::ThreatType::phishing);
  EXPECT_EQ(OnlyOne(yaml, "evil.example,domain,who knows\n").threat, policy::ThreatType::unknown);
  EXPECT_EQ(CountsIn(yaml, "a.example,domain,\nx,mutex,\nx,context,\nx,hash,\n"),
            (Counts{4, 1, {{"kind", 1}}, {{"other things", 1}, {"file hashes", 1}}}));
}

TEST(MappedCsv, TakesHeadersFromTheFileTheConfigurationOrNowhere) {
  EXPECT_EQ(LineIn("format: csv\ncolumns: {indicator: host}\n", "# c\nx, host \n1,a.example\n"),
            "domain a.example");
  EXPECT_EQ(LineIn("format: csv\nheader: [x, host]\ncolumns: {indicator: host}\n",
                   "#x,host\n1,a.example\n"),
            "domain a.example");
  EXPECT_EQ(LineIn("format: csv\nheader: false\ncolumns: {indicator: \"2\"}\n", "1,a.example\n"),
            "domain a.example");
  EXPECT_EQ(
      LineIn("format: csv\ncomment: \"\"\ncolumns: {indicator: \"#host\"}\n", "#host\na.example\n"),
      "domain a.example");
  const auto other =
      ParseAs("format: csv\ncolumns: {indicator: host}\n", "domain,x\na.example,1\n");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().detail,
            "the file's first row names no column \"host\": it starts with \"domain\". Check the "
            "feed's URL and its columns");
}

TEST(MappedCsv, TakesOtherDelimiters) {
  EXPECT_EQ(LineIn("format: csv\ndelimiter: \"\\t\"\ncolumns: {indicator: host}\n",
                   "x\thost\n1\ta.example\n"),
            "domain a.example");
  EXPECT_EQ(LineIn("format: csv\ndelimiter: ;\ncomment: \"!\"\ncolumns: {indicator: host}\n",
                   "! c\nx;host\n#1; \"a.example\"\n"),
            "domain a.example");
}

TEST(MappedCsv, AccountsForEachRow) {
  const std::string yaml = R"(
format: csv
columns: {indicator: host}
where: {status: [active, ""], list: a}
empty: ["-", Unknown]
)";
  EXPECT_EQ(CountsIn(yaml,
                     "status,list,host\n"
                     "active,a,a.example\n"
                     ",a,b.example\n"
                     ",a,B.example.\n"
                     "gone,a,c.example\n"
                     "active,b,d.example\n"
                     "active,a,-\n"
                     "active,a, Unknown \n"
                     "active,a,\n"
                     "active,a\n"
                     "active,a,not a name\n"
                     "active,a,\xff\n"),
            (Counts{11, 2, {{"too few columns", 1}, {"indicator", 1}, {"not UTF-8", 1}}, {}, 5}));
}

TEST(MappedCsv, HasTimesOfItsOwnOnlyIfTheyAreMapped) {
  const std::string plain = "format: csv\nheader: [a, b]\ncolumns: {indicator: a}\n";
  EXPECT_FALSE(FormatOf(plain)->is_dated);
  EXPECT_EQ(FormatTime(OnlyOne(plain, "a.example,2026-01-01\n").last_seen), "2026-03-15T05:00:00Z");
  const std::string until =
      "format: csv\nheader: [a, b]\ncolumns: {indicator: a, valid_until: b}\n";
  EXPECT_FALSE(FormatOf(until)->is_dated);
  for (const char* column : {"first_seen", "last_seen"}) {
    const std::string dated =
        std::string("format: csv\nheader: [a, b]\ncolumns: {indicator: a, ") + column + ": b}\n";
    EXPECT_TRUE(FormatOf(dated)->is_dated);
    const Observation seen = OnlyOne(dated, "a.example,2026-01-01\n");
    EXPECT_EQ(FormatTime(seen.first_seen), "2026-01-01T00:00:00Z");
    EXPECT_EQ(FormatTime(seen.last_seen), "2026-01-01T00:00:00Z");
    // Else it would stay fresh for ever.
    EXPECT_EQ(CountsIn(dated, "a.example,\nb.example,soon\n"), (Counts{2, 0, {{"time", 2}}}));
  }
}

TEST(MappedCsv, ReadsConfidenceAsPercentOrAsWordsThatAreMapped) {
  const std::string yaml =
      "format: csv\nheader: [a, b]\ncolumns: {indicator: a, confidence: b}\n"
      "confidences: {high: 90}\n";
  EXPECT_EQ(OnlyOne(yaml, "a.example,high\n").confidence->percent(), 90);
  EXPECT_EQ(OnlyOne(yaml, "a.example,7\n").confidence->percent(), 7);
  EXPECT_FALSE(OnlyOne(yaml, "a.example,\n").confidence);
  EXPECT_EQ(CountsIn(yaml, "a.example,low\na.example,101\na.example,nan\na.example,-1\n"),
            (Counts{4, 0, {{"confidence", 4}}}));
}

TEST(MappedCsv, NamesEachMistakeWithItsPlace) {
  struct Case {
    const char* yaml;
    const char* mistakes;
  };
  const Case cases[] = {
      {"format: csv\n", "feed.yaml:1:1: key \"columns\" is missing here"},
      {"format: csv\ncolumns: {kind: a}\n", "feed.yaml:2:10: key \"indicator\" is missing here"},
      {"format: csv\ncolumns: {indicator: a, last: b}\n", "feed.yaml:2:25: unknown key \"last\""},
      {"format: csv\nheader: false\ncolumns: {indicator: host}\n",
       "feed.yaml:3:22: there is no column \"host\": name one of the header's or, without a "
       "header, "
       "write its number from 1"},
      {"format: csv\nheader: false\ncolumns: {indicator: \"0\"}\n",
       "feed.yaml:3:22: there is no column \"0\": name one of the header's or, without a header, "
       "write its number from 1"},
      {"format: csv\ncolumns: {indicator: a}\nkind: hostname\n",
       "feed.yaml:3:7: must be one of guess, domain, ip, ip:port, url, hash, context, not "
       "\"hostname\""},
      {"format: csv\ncolumns: {indicator: a, kind: b}\nkind: ip\n",
       "feed.yaml:3:7: a column says the kind: leave one out"},
      {"format: csv\ncolumns: {indicator: a}\nkinds: {x: ip}\n",
       "feed.yaml:3:8: needs a column: name it as columns.kind"},
      {"format: csv\ncolumns: {indicator: a}\nthreats: {x: c2}\n",
       "feed.yaml:3:10: needs a column: name it as columns.threat"},
      {"format: csv\ncolumns: {indicator: a}\ntime_formats: [unix, \"%Q\"]\n",
       "feed.yaml:3:22: takes only %Y %y %m %d %e %b %B %H %I %M %S %p %T %F %R %z %%"},
      {"format: csv\ncolumns: {indicator: a}\ntime_formats: []\n",
       "feed.yaml:3:15: names no form of time"},
      {"format: csv\ncolumns: {indicator: a}\ndelimiter: \"||\"\n",
       "feed.yaml:3:12: must be one ASCII character, and neither a quote nor a line end"},
      {"format: csv\ncolumns: {indicator: a}\ndelimiter: \"\"\n",
       "feed.yaml:3:12: must be one ASCII character, and neither a quote nor a line end"},
      {"format: csv\ncolumns: {indicator: a}\nconfidences: {high: 101}\n",
       "feed.yaml:3:21: must be a whole number from 0 to 100, not \"101\""},
      {"format: json\ncolumns: {indicator: a}\n",
       "feed.yaml:2:22: \"a\" is no JSON pointer: write /name/name, or \"\" for the whole"},
      {"format: json\nrows: x\ncolumns: {indicator: /a}\n",
       "feed.yaml:2:7: \"x\" is no JSON pointer: write /name/name, or \"\" for the whole"},
      {"format: json\ncolumns: {indicator: /a}\nheader: true\n",
       "feed.yaml:3:1: unknown key \"header\""},
  };
  for (const Case& c : cases) EXPECT_EQ(MistakesIn(c.yaml), c.mistakes) << c.yaml;
}

TEST(MappedJson, ReadsRowsBelowAPointer) {
  const Observation seen = OnlyOne(
      R"(
format: json
rows: /data/items
columns:
  indicator: /ioc/value
  last_seen: /seen
  confidence: /score
  tags: /labels
  malware: /families/0
time_formats: [unix-ms]
where: {/active: "true"}
)",
      R"({"data": {"items": [
          {"ioc": {"value": "a.example"}, "seen": 1773550800123, "score": 66.6,
           "labels": ["x", "y"], "families": ["Emotet", "Heodo"], "active": true},
          {"ioc": {"value": "b.example"}, "seen": 1773550800123, "active": false},
          {"ioc": {"value": "c.example"}}]}})");
  EXPECT_EQ(policy::LineOf(seen.indicator), "domain a.example");
  EXPECT_EQ(FormatTime(seen.last_seen), "2026-03-15T05:00:00Z");
  EXPECT_EQ(seen.confidence->percent(), 66);
  EXPECT_EQ(seen.tags, "x,y");
  EXPECT_EQ(seen.malware, "Emotet");
}

TEST(MappedJson, TakesAListOfStringsAndTheMembersOfAnObject) {
  EXPECT_EQ(CountsIn("format: json\ncolumns: {indicator: \"\"}\n",
                     "[\"a.example\", \"192.0.2.1\", 7, null, {}]"),
            (Counts{5, 2, {{"indicator", 1}}, {}, 2}));
  EXPECT_EQ(CountsIn("format: json\nrows: /x\ncolumns: {indicator: /ip}\nkind: ip\n",
                     R"({"x": {"1": {"ip": "192.0.2.1"}, "2": {"ip": "no"}}})"),
            (Counts{2, 1, {{"indicator", 1}}}));
}

TEST(MappedJson, RefusesAFileWithoutTheRows) {
  EXPECT_FALSE(
      ParseAs("format: json\nrows: /data\ncolumns: {indicator: \"\"}\n", "[\"a.example\"]"));
  EXPECT_FALSE(ParseAs("format: json\ncolumns: {indicator: \"\"}\n", "[\"a.example\""));
}

TEST(TimeFormat, ReadsWhatItSays) {
  struct Case {
    const char* format;
    const char* text;
    const char* expected;
  };
  const Case cases[] = {
      {"iso", "2026-03-15T05:00:00+01:00", "2026-03-15T04:00:00Z"},
      {"unix", "1773550800", "2026-03-15T05:00:00Z"},
      {"unix", "1773550800.25", "2026-03-15T05:00:00Z"},
      {"unix-ms", "1773550800999", "2026-03-15T05:00:00Z"},
      {"%d/%m/%Y", "15/03/2026", "2026-03-15T00:00:00Z"},
      {"%d %b %Y %H:%M", "15 Mar 2026 05:01", "2026-03-15T05:01:00Z"},
      {"%Y%m%dT%H%M%S%z", "20260315T050000+0900", "2026-03-14T20:00:00Z"},
      {"%m/%d/%y %I:%M %p", "03/15/26 05:00 PM", "2026-03-15T17:00:00Z"},
      {"%d/%m/%Y", "31/02/2026", "none"},
      {"%d/%m/%Y", "15/03/2026 ", "none"},
      {"%d/%m/%Y", "15/03", "none"},
      {"unix", "", "none"},
      {"unix", "12a", "none"},
      {"unix", "1.", "1970-01-01T00:00:01Z"},
      {"unix", "99999999999999", "none"},
      {"unix", "-9223372036854775808", "none"},
      {"unix-ms", "9223372036854775808", "none"},
  };
  for (const Case& c : cases) {
    const auto time = TimeFormat::Parse(c.format)->Read(c.text);
    EXPECT_EQ(time ? FormatTime(*time) : "none", c.expected) << c.format << " " << c.text;
  }
  EXPECT_FALSE(TimeFormat::Parse("%d/%m/%Y")->Read(std::string_view("15/03/2026\0x", 12)));
  EXPECT_FALSE(TimeFormat::Parse("%d/%m/%Y")->Read(std::string(200, ' ') + "15/03/2026"));
  for (const char* bad : {"", "epoch", "%", "%Y-%", "%s", "%c", "%%"}) {
    EXPECT_FALSE(TimeFormat::Parse(bad)) << bad;
  }
}

}  // namespace
}  // namespace agent::feeds
