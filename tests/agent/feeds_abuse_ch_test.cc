#include <gtest/gtest.h>

#include <string>

#include "agent/feeds/acceptance.h"
#include "agent/feeds/ip_port.h"
#include "agent/feeds/snapshot_builder.h"
#include "tests/agent/feeds_counts.h"

namespace agent::feeds {
namespace {

using policy::ErrorCode;
using policy::Observation;

// A file of one row, of which `value` is of `type`.
std::string Threatfox(const std::string& type, const std::string& value,
                      const std::string& last_seen = "2026-03-14 12:00:00",
                      const std::string& confidence = "75",
                      const std::string& compromised = "False") {
  return "# \"first_seen_utc\",\"ioc_id\"\r\n\"2026-03-14 10:00:00\", \"17\", \"" + value +
         "\", \"" + type + "\", \"botnet_cc\", \"win.x\", \"None\", \"Unknown malware\", \"" +
         last_seen + "\", \"" + confidence + "\", \"" + compromised +
         "\", \"None\", \"None\", \"0\", \"someone\"\r\n# Number of entries: 1";
}

Observation OnlyOne(const policy::Result<FeedSnapshot>& snapshot) {
  EXPECT_TRUE(snapshot) << snapshot.error().detail;
  EXPECT_EQ(snapshot->observations.size(), 1U) << RejectedText(*snapshot);
  return snapshot->observations.at(0);
}

TEST(Threatfox, KeepsThePortOfAnAddressAsATag) {
  const Observation seen =
      OnlyOne(ParseAs("format: threatfox-csv", Threatfox("ip:port", "192.0.2.7:8080")));
  EXPECT_EQ(policy::LineOf(seen.indicator), "ip 192.0.2.7/32");
  EXPECT_EQ(seen.tags, "port:8080");
  EXPECT_EQ(seen.threat, policy::ThreatType::c2);
  EXPECT_EQ(seen.confidence->percent(), 75);
  EXPECT_EQ(seen.malware, "");
  EXPECT_EQ(seen.reference, "https://threatfox.abuse.ch/ioc/17");
  EXPECT_EQ(policy::FormatTime(seen.first_seen), "2026-03-14T10:00:00Z");
  EXPECT_EQ(policy::FormatTime(seen.last_seen), "2026-03-14T12:00:00Z");
}

TEST(Threatfox, TakesFirstSeenWhereLastSeenIsAbsentOrEarlier) {
  for (const char* last_seen : {"", "None", "2026-03-14 09:59:50"}) {
    const Observation seen =
        OnlyOne(ParseAs("format: threatfox-csv", Threatfox("domain", "Evil.example", last_seen)));
    EXPECT_EQ(policy::FormatTime(seen.last_seen), "2026-03-14T10:00:00Z") << last_seen;
  }
}

TEST(Threatfox, MarksHackedSites) {
  const Observation seen = OnlyOne(ParseAs(
      "format: threatfox-csv", Threatfox("url", "http://shop.example/x", "", "100", "True")));
  EXPECT_EQ(seen.tags, "compromised");
}

TEST(Threatfox, CountsWhatNoDeviceBlocksAsContext) {
  const auto hash = ParseAs("format: threatfox-csv", Threatfox("sha256_hash", "00"));
  ASSERT_TRUE(hash);
  EXPECT_EQ(CountsOf(*hash), (Counts{1, 0, {}, {{"file hashes", 1}}}));
  const auto mail = ParseAs("format: threatfox-csv", Threatfox("envelope_from", "a@b.example"));
  ASSERT_TRUE(mail);
  EXPECT_EQ(CountsOf(*mail), (Counts{1, 0, {}, {{"e-mail addresses", 1}}}));
}

TEST(Threatfox, RejectsRowsByReason) {
  const auto reason = [](const std::string& file) {
    const auto snapshot = ParseAs("format: threatfox-csv", file);
    return snapshot && snapshot->rejected.size() == 1 ? snapshot->rejected_by_reason.begin()->first
                                                      : "none";
  };
  EXPECT_EQ(reason(Threatfox("mutex", "x")), "ioc_value");
  EXPECT_EQ(reason(Threatfox("ip:port", "192.0.2.7")), "ioc_value");
  EXPECT_EQ(reason(Threatfox("domain", "evil.example", "yesterday")), "last_seen_utc");
  EXPECT_EQ(reason(Threatfox("domain", "evil.example", "", "101")), "confidence_level");
  EXPECT_EQ(reason(Threatfox("domain", "evil.example", "", "high")), "confidence_level");
}

TEST(Threatfox, ReadsTheSameFromJson) {
  const Observation seen = OnlyOne(ParseAs("format: threatfox-json", R"({"17": [{
      "ioc_value": "[2001:db8::7]:443", "ioc_type": "ip:port", "threat_type": "botnet_cc",
      "malware": "win.x", "malware_alias": null, "malware_printable": "X",
      "first_seen_utc": "2026-03-14 10:00:00", "last_seen_utc": null, "confidence_level": 49,
      "is_compromised": true, "reference": "https://blog.example/x", "tags": "a,b",
      "anonymous": 1, "reporter": "someone"}]})"));
  EXPECT_EQ(policy::LineOf(seen.indicator), "ip 2001:db8::7/128");
  EXPECT_EQ(seen.tags, "a,b,port:443,compromised");
  EXPECT_EQ(seen.malware, "X");
  EXPECT_EQ(seen.confidence->percent(), 49);
  EXPECT_EQ(seen.reference, "https://blog.example/x");
}

TEST(AbuseChCsv, WithoutItsLastLineWasCutShort) {
  const std::string row = "2026-03-14 18:41:36," + std::string(40, 'a') + ",Vidar C&C\n";
  for (const char* end :
       {"# END (2) entries", "# END 2 entries", "# END 2", "# Number of entries: 2\r\n"}) {
    const auto whole = ParseAs("format: sslbl-csv", row + row + end);
    EXPECT_TRUE(whole) << end << ": " << whole.error().detail;
    const auto cut = ParseAs("format: sslbl-csv", row + end);
    ASSERT_FALSE(cut) << end;
    EXPECT_EQ(cut.error().detail,
              "the file says that it has 2 entries, but it has 1: it was cut short or put together "
              "wrongly");
  }
  for (const char* end : {"", "# END", "# END x entries", "# 2 entries", "# END 2 rows"}) {
    EXPECT_FALSE(ParseAs("format: sslbl-csv", row + row + end)) << end;
  }
}

TEST(Feodo, TakesItsLineOfNamesForNoRow) {
  const std::string names =
      "\"first_seen_utc\",\"dst_ip\",\"dst_port\",\"c2_status\",\"last_online\",\"malware\"\n";
  const std::string row =
      "\"2026-03-01 10:00:00\",\"192.0.2.7\",\"443\",\"offline\",\"2026-03-04\",\"QakBot\"\n";
  const Observation seen = OnlyOne(ParseAs("format: feodo-csv", names + row + "# END 1 entries"));
  EXPECT_EQ(policy::FormatTime(seen.last_seen), "2026-03-04T00:00:00Z");
  EXPECT_EQ(seen.online, false);
  EXPECT_EQ(seen.tags, "port:443");
  // Anywhere else it is a row, and a bad one.
  const auto later = ParseAs("format: feodo-csv", row + names + "# END 2 entries");
  ASSERT_TRUE(later);
  EXPECT_EQ(CountsOf(*later), (Counts{2, 1, {{"first_seen", 1}}}));
}

TEST(Feodo, TakesFirstSeenOfTheDayItWasLastOnline) {
  const Observation seen = OnlyOne(ParseAs("format: feodo-json", R"([{"ip_address": "192.0.2.7",
      "port": 80, "status": "online", "hostname": "vm.provider.example",
      "first_seen": "2026-03-04 10:00:00", "last_online": "2026-03-04", "malware": "Emotet"}])"));
  EXPECT_EQ(policy::FormatTime(seen.last_seen), "2026-03-04T10:00:00Z");
  EXPECT_EQ(policy::LineOf(seen.indicator), "ip 192.0.2.7/32");
}

TEST(UrlhausJson, ReadsArraysByIdToo) {
  const char* const row = R"({"dateadded": "2026-02-01 15:19:12 UTC", "url": "http://a.example/x",
      "url_status": "offline", "last_online": null, "threat": "malware_download",
      "tags": ["elf", "Mozi"], "urlhaus_link": "https://urlhaus.abuse.ch/url/1/",
      "reporter": "someone"})";
  for (const std::string& file :
       {"{\"1\": [" + std::string(row) + "]}", "{\"urls\": [" + std::string(row) + "]}"}) {
    const Observation seen = OnlyOne(ParseAs("format: urlhaus-json", file));
    EXPECT_EQ(seen.tags, "elf,Mozi");
    EXPECT_EQ(seen.online, false);
    EXPECT_EQ(policy::FormatTime(seen.last_seen), "2026-02-01T15:19:12Z");
  }
}

TEST(AbuseChJson, RejectsRowsOfOtherShapes) {
  const auto snapshot = ParseAs("format: urlhaus-json",
                                R"({"query_status": "ok", "urls": [17, {}, {"url": "x",
                                    "dateadded": "2026-02-01 15:19:12"}]})");
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(CountsOf(*snapshot),
            (Counts{4, 0, {{"no JSON object", 2}, {"dateadded", 1}, {"url", 1}}}));
}

TEST(Sslbl, RejectsWhatIsNoSha1) {
  const std::string good = "2026-03-14 18:41:36," + std::string(40, 'a') + ",Vidar C&C\n";
  const auto snapshot = ParseAs(
      "format: sslbl-csv", good + good + "2026-03-14 18:41:36," + std::string(32, 'a') + ",MD5\n" +
                               "today," + std::string(40, 'a') + ",x\n# END (4) entries");
  ASSERT_TRUE(snapshot) << snapshot.error().detail;
  EXPECT_EQ(CountsOf(*snapshot),
            (Counts{4, 0, {{"SHA1", 1}, {"Listingdate", 1}}, {{"certificate hashes", 2}}}));
}

TEST(IpPort, TakesNothingThatIsNotOneServer) {
  EXPECT_EQ(ParseIpPort("192.0.2.7:1")->port, 1);
  EXPECT_EQ(ParseIpPort("[2001:db8::1]:65535")->address.ToString(), "2001:db8::1/128");
  for (const char* bad : {"", ":", "192.0.2.7", "192.0.2.7:", "192.0.2.7:0", "192.0.2.7:65536",
                          "192.0.2.7:80 ", "192.0.2.0/24:80", "2001:db8::1:443", "[192.0.2.7]:80",
                          "[2001:db8::1]", "evil.example:80", "192.0.2.7:-1", "192.0.2.7:+1"}) {
    const auto server = ParseIpPort(bad);
    ASSERT_FALSE(server) << bad;
    EXPECT_EQ(server.error().code, ErrorCode::malformed_input);
  }
}

// A list of certificates is never empty, though it has nothing to enforce; a list that lost what it
// had to enforce is not saved by its hashes.
TEST(FeedSummary, MeasuresAFeedByItsContextOnlyIfItHasNothingElse) {
  FeedSnapshot snapshot;
  snapshot.context = {{"certificate hashes", 9'000}, {"file hashes", 263}};
  EXPECT_EQ(Summarise(snapshot, true, {}).rows, 9'263U);
  snapshot.observations.push_back(
      SeenAt(*policy::GuessIndicator("evil.example"), policy::TimePoint()));
  EXPECT_EQ(Summarise(snapshot, true, {}).rows, 1U);
}

}  // namespace
}  // namespace agent::feeds
