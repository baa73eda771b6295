#include "agent/feeds/suricata_eve.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <string>

#include "agent/feeds/eve_tally.h"
#include "tests/platform/temporary_folder.h"
#include "tests/policy/real_data.h"

namespace agent::feeds {
namespace {

namespace fs = std::filesystem;
using platform::HttpRequest;
using platform::HttpResponse;
using policy::ErrorCode;
using policy::Observation;
using policy::Result;

class NoHttpClient final : public platform::HttpClient {
 public:
  Result<HttpResponse> Send(const HttpRequest&) override {
    return policy::Fail(ErrorCode::unavailable, "a log is not fetched");
  }
};

std::string Alert(const std::string& destination, const std::string& more = "",
                  const std::string& time = "2026-11-24T10:00:00.123456+0000",
                  const std::string& source = "10.0.0.1") {
  return R"({"timestamp":")" + time + R"(","event_type":"alert","src_ip":")" + source +
         R"(","src_port":50000,"dest_ip":")" + destination +
         R"(","dest_port":443,"alert":{"signature_id":7,"signature":"ET, bad"})" + more + "}";
}

std::vector<std::string> LinesOf(const EveAlert& alert) {
  std::vector<std::string> lines;
  for (const auto& indicator : alert.indicators) lines.push_back(policy::LineOf(indicator));
  return lines;
}

std::vector<std::string> IndicatorsOf(const std::string& event, const HomeNet& home = {}) {
  const auto alert = ReadEveEvent(event, home);
  return alert && *alert ? LinesOf(**alert) : std::vector<std::string>{"(no alert)"};
}

using Lines = std::vector<std::string>;

TEST(EveAlertTest, TellsOfTheEndThatIsNotOurs) {
  EXPECT_EQ(IndicatorsOf(Alert("192.0.2.1")), Lines{"ip 192.0.2.1/32"});
  EXPECT_EQ(IndicatorsOf(Alert("10.0.0.9", "", "2026-11-24T10:00:00Z", "192.0.2.1")),
            Lines{"ip 192.0.2.1/32"});
  EXPECT_EQ(IndicatorsOf(Alert("2001:db8::1", "", "2026-11-24T10:00:00Z", "fd00::1")),
            Lines{"ip 2001:db8::1/128"});
}

TEST(EveAlertTest, TellsNothingOfTwoEndsOfOurOwnNorOfTwoStrangers) {
  EXPECT_EQ(IndicatorsOf(Alert("10.0.0.9")), Lines{});
  EXPECT_EQ(IndicatorsOf(Alert("192.0.2.1", "", "2026-11-24T10:00:00Z", "198.51.100.1")), Lines{});
  EXPECT_EQ(IndicatorsOf(Alert("255.255.255.255")), Lines{}) << "nobody has that address";
}

TEST(EveAlertTest, BelievesTheConfigurationAboutWhatIsOurs) {
  const HomeNet home({policy::IpPrefix::Parse("192.0.2.0/24").value()});
  EXPECT_EQ(IndicatorsOf(Alert("10.0.0.9", "", "2026-11-24T10:00:00Z", "192.0.2.1"), home),
            Lines{"ip 10.0.0.9/32"});
}

TEST(EveAlertTest, TakesTheNamesThatOurEndAskedFor) {
  EXPECT_EQ(IndicatorsOf(Alert("192.0.2.1", R"(,"tls":{"sni":"Evil.example"})")),
            (Lines{"domain evil.example", "ip 192.0.2.1/32"}));
  EXPECT_EQ(IndicatorsOf(Alert("192.0.2.1", R"(,"http":{"hostname":"evil.example","url":"/a?b",)"
                                            R"("http_port":8080})")),
            (Lines{"domain evil.example", "ip 192.0.2.1/32", "url http://evil.example:8080/a?b"}));
  EXPECT_EQ(IndicatorsOf(Alert("10.0.0.3", R"(,"http":{"hostname":"evil.example",)"
                                           R"("url":"http://evil.example/x"})")),
            (Lines{"domain evil.example", "url http://evil.example/x"}))
      << "through a proxy of ours";
}

TEST(EveAlertTest, OfDnsTheNameCountsAndTheResolverDoesNot) {
  for (const char* const dns :
       {R"(,"dns":{"rrname":"evil.example"})", R"(,"dns":{"query":[{"rrname":"evil.example"}]})",
        R"(,"dns":{"version":3,"queries":[{"rrname":"evil.example"}]})"}) {
    EXPECT_EQ(IndicatorsOf(Alert("192.0.2.53", dns)), Lines{"domain evil.example"}) << dns;
  }
}

TEST(EveAlertTest, WhatAStrangerAsksOfOurServerIsNothingOfTheirs) {
  const std::string http = R"(,"http":{"hostname":"www.ours.example","url":"/"})";
  EXPECT_EQ(IndicatorsOf(Alert("10.0.0.9", http, "2026-11-24T10:00:00Z", "192.0.2.1")),
            Lines{"ip 192.0.2.1/32"});
  // The answer to it: now our server is the source, and only the flow says who began.
  std::string answer = Alert("192.0.2.1", http + R"(,"flow":{"src_ip":"192.0.2.1"})");
  EXPECT_EQ(IndicatorsOf(answer), Lines{"ip 192.0.2.1/32"});
  EXPECT_EQ(IndicatorsOf(Alert("192.0.2.1", http + R"(,"direction":"to_client")")),
            Lines{"ip 192.0.2.1/32"});
}

TEST(EveAlertTest, RubbishInNamesIsLeftOut) {
  for (const char* const host : {"-c", "https", "/x.htm", "10.1.2.3", "a b", "127.0.0.1", ""}) {
    const std::string more = R"(,"http":{"hostname":")" + std::string(host) + R"(","url":"/"})";
    EXPECT_EQ(IndicatorsOf(Alert("192.0.2.1", more)), Lines{"ip 192.0.2.1/32"}) << host;
  }
}

TEST(EveAlertTest, OtherEventsAreNoneAndBadOnesSayWhatIsWrong) {
  const auto error = [](const std::string& text) {
    const auto alert = ReadEveEvent(text, {});
    return alert ? std::string("none") : std::string(alert.error());
  };
  EXPECT_EQ(error(R"({"event_type":"flow","alert":1})"), "none");
  EXPECT_EQ(error(R"({"event_type":"stats"})"), "none");
  EXPECT_EQ(error("rubbish"), "no JSON object");
  EXPECT_EQ(error(R"({"alert":)"), "no JSON object");
  EXPECT_EQ(error(R"({"event_type":"alert"})"), R"(alert without "alert")");
  EXPECT_EQ(error(Alert("192.0.2.1", "", "yesterday")), "timestamp");
  EXPECT_EQ(error(Alert("192.0.2.0/24")), "dest_ip");
  EXPECT_EQ(error(Alert("192.0.2.1", "", "2026-11-24T10:00:00Z", "x")), "src_ip");
  EXPECT_EQ(error(R"({"alert":)" + std::string(100'000, '[')), "no JSON object");
}

TEST(EveAlertTest, ReadsTimesAsSuricataWritesThem) {
  const auto alert = ReadEveEvent(Alert("192.0.2.1", "", "2015-03-29T11:01:38.221126-0600"), {});
  EXPECT_EQ(policy::FormatTime((*alert)->at), "2015-03-29T17:01:38Z");
  EXPECT_EQ((*alert)->signature, "7 ET, bad");
  EXPECT_EQ((*alert)->client, "10.0.0.1");
}

struct Taken {
  std::vector<std::string> events;
  std::vector<std::string> faults;
};

// In pieces of `piece` bytes, as a log that grows.
Taken TakeAll(const std::string& text, std::size_t piece) {
  Taken taken;
  const EveSink sink{.event = [&](std::string_view event) { taken.events.emplace_back(event); },
                     .fault = [&](std::string_view why) { taken.faults.emplace_back(why); }};
  EveScan scan;
  std::size_t done = 0;
  for (std::size_t end = std::min(piece, text.size());; end = std::min(end + piece, text.size())) {
    const bool is_final = end == text.size();
    done += TakeEveText(std::string_view(text).substr(done, end - done), is_final, scan, sink);
    if (is_final) return taken;
  }
}

TEST(EveTextTest, HowLinesAndArraysAreCutMakesNoDifference) {
  const std::string events[] = {"{\"a\":\"}\\\"{\"}\n{\"b\":{}}\n\nrubbish\n{\"c\":1}",
                                "[\n {\"a\":\"}\\\"{\"},{\n\"b\":{}}, rubbish\n {\"c\":[1]}\n]\n"};
  for (const std::string& text : events) {
    const Taken whole = TakeAll(text, text.size());
    EXPECT_EQ(whole.events.size() + whole.faults.size(), 4U);
    for (std::size_t piece = 1; piece < text.size(); ++piece) {
      const Taken cut = TakeAll(text, piece);
      EXPECT_EQ(cut.events, whole.events) << piece;
      EXPECT_EQ(cut.faults, whole.faults) << piece;
    }
  }
}

TEST(EveTextTest, AGiganticLineIsOneFaultAndReadingGoesOnBehindIt) {
  const std::string text =
      "{\"a\":1}\n" + std::string(5 * eve_event_size_max, 'x') + "\n{\"b\":2}\n";
  for (const std::size_t piece : {text.size(), std::size_t{300'000}}) {
    const Taken taken = TakeAll(text, piece);
    EXPECT_EQ(taken.events, (Lines{"{\"a\":1}", "{\"b\":2}"}));
    EXPECT_EQ(taken.faults, Lines{"longer than 1 MiB"});
  }
}

TEST(EveTextTest, AHoleOfNulsIsPassedOverAndANulWithinIsAFault) {
  const std::string hole(100'000, '\0');
  EXPECT_EQ(TakeAll(hole + "{\"a\":1}\n", 1000).events, Lines{"{\"a\":1}"});
  EXPECT_EQ(TakeAll(std::string("{\"a\0\":1}\n", 9), 100).faults, Lines{"NUL byte"});
}

TEST(EveTextTest, AnArrayThatIsCutOffIsAFaultOnlyOnceItCannotGoOn) {
  EXPECT_EQ(TakeAll("[{\"a\":1},{\"b\"", 100).faults, Lines{"cut off at the end of the file"});
}

// A log in a folder, and the feed that follows it from one last good document to the next.
class FollowEveTest : public ::testing::Test {
 protected:
  fs::path Log() const { return folder_ / "eve.json"; }
  void Write(const std::string& text, const fs::path& path) {
    std::ofstream(path, std::ios::binary | std::ios::app) << text;
  }
  void Write(const std::string& text) { Write(text, Log()); }
  void Log(const std::string& destination) { Write(Alert(destination) + "\n"); }

  Result<HttpResponse> Follow() {
    request_.url = "file://" + Log().string();
    NoHttpClient client;
    auto response = collect_(client, request_, document_);
    if (response && response->status == 200) document_ = response->body;
    return response;
  }
  // Indicator to sightings, after one more look.
  std::map<std::string, std::uint32_t> Seen() {
    const auto followed = Follow();
    EXPECT_TRUE(followed) << followed.error().detail;
    std::map<std::string, std::uint32_t> seen;
    for (const Observation& each : Snapshot().observations) {
      seen[policy::TextOf(each.indicator)] = each.sightings;
    }
    return seen;
  }
  FeedSnapshot Snapshot() { return ParseEveTally(document_, now_, 1000).value(); }

  platform::testing::TemporaryFolder folder_;
  policy::TimePoint now_ = policy::ParseTime("2026-11-24T12:00:00Z").value();
  HttpRequest request_ = [] {
    HttpRequest request;
    request.allow_file = true;
    return request;
  }();
  Collector collect_ = FollowEve({.now = [this] { return now_; }});
  std::string document_;
};

using Counts = std::map<std::string, std::uint32_t>;

TEST_F(FollowEveTest, CountsWhatComesAndNothingTwice) {
  Log("192.0.2.1");
  EXPECT_EQ(Seen(), (Counts{{"192.0.2.1/32", 1}}));
  EXPECT_EQ(Follow()->status, 304);
  Log("192.0.2.1");
  Log("192.0.2.2");
  EXPECT_EQ(Seen(), (Counts{{"192.0.2.1/32", 2}, {"192.0.2.2/32", 1}}));
}

TEST_F(FollowEveTest, AnObservationTellsWhenHowOftenByWhomAndOfWhat) {
  Write(Alert("192.0.2.1", "", "2026-11-24T10:00:00Z") + "\n");
  Write(Alert("192.0.2.1", "", "2026-11-24T11:00:00Z", "10.0.0.2") + "\n");
  Seen();
  const Observation seen = Snapshot().observations.at(0);
  EXPECT_EQ(policy::FormatTime(seen.first_seen), "2026-11-24T10:00:00Z");
  EXPECT_EQ(policy::FormatTime(seen.last_seen), "2026-11-24T11:00:00Z");
  EXPECT_EQ(seen.sightings, 2U);
  EXPECT_EQ(seen.tags, "clients:2,7 ET  bad");
}

TEST_F(FollowEveTest, AnEmptyLogIsAnEmptyFeed) {
  Write("");
  EXPECT_EQ(Seen(), Counts{});
  EXPECT_EQ(Follow()->status, 304);
}

TEST_F(FollowEveTest, HalfALineWaitsForItsOtherHalf) {
  const std::string line = Alert("192.0.2.1") + "\n";
  Write(line.substr(0, 40));
  EXPECT_EQ(Seen(), Counts{});
  Write(line.substr(40));
  EXPECT_EQ(Seen(), (Counts{{"192.0.2.1/32", 1}}));
}

TEST_F(FollowEveTest, GarbageIsCountedAndGoneBeyond) {
  Log("192.0.2.1");
  Write("rubbish\n\xff\xfe\n");
  Write(std::string("{\"alert\0\"}\n", 11));
  Log("192.0.2.2");
  EXPECT_EQ(Seen().size(), 2U);
  EXPECT_EQ(Snapshot().rejected_by_reason,
            (std::map<std::string, std::uint64_t>{{"NUL byte", 1}, {"no JSON object", 2}}));
}

TEST_F(FollowEveTest, RenameAndCreateLosesNothing) {
  Log("192.0.2.1");
  Seen();
  Log("192.0.2.2");  // not read yet
  fs::rename(Log(), folder_ / "eve.json.1");
  Write("");
  Write(Alert("192.0.2.3") + "\n", folder_ / "eve.json.1");  // the writer still has it open
  EXPECT_EQ(Seen().size(), 3U);
  Write(Alert("192.0.2.4") + "\n", folder_ / "eve.json.1");
  Log("192.0.2.5");
  EXPECT_EQ(Seen(), (Counts{{"192.0.2.1/32", 1},
                            {"192.0.2.2/32", 1},
                            {"192.0.2.3/32", 1},
                            {"192.0.2.4/32", 1},
                            {"192.0.2.5/32", 1}}));
  EXPECT_EQ(Follow()->status, 304);
}

TEST_F(FollowEveTest, BetweenRenameAndCreateNothingIsLost) {
  Log("192.0.2.1");
  Seen();
  Log("192.0.2.2");
  fs::rename(Log(), folder_ / "eve.json.1");
  EXPECT_EQ(Follow().error().code, ErrorCode::not_found);
  Log("192.0.2.3");
  EXPECT_EQ(Seen().size(), 3U);
}

TEST_F(FollowEveTest, SeveralRotationsWhileTheAgentIsDownLoseNothing) {
  Log("192.0.2.1");
  Seen();
  Log("192.0.2.2");
  fs::rename(Log(), folder_ / "eve.json.2");
  Log("192.0.2.3");
  fs::rename(Log(), folder_ / "eve.json.1");
  // A day apart, and not within one tick of the file system's clock.
  const auto written = fs::last_write_time(folder_ / "eve.json.1");
  fs::last_write_time(folder_ / "eve.json.2", written - std::chrono::hours(24));
  Log("192.0.2.4");
  Write("rubbish", folder_ / "eve.json.bak");
  EXPECT_EQ(
      Seen(),
      (Counts{{"192.0.2.1/32", 1}, {"192.0.2.2/32", 1}, {"192.0.2.3/32", 1}, {"192.0.2.4/32", 1}}));
}

TEST_F(FollowEveTest, CopyAndTruncateLosesNothing) {
  Log("192.0.2.1");
  Seen();
  Log("192.0.2.2");
  fs::copy_file(Log(), folder_ / "eve.json.1");
  fs::resize_file(Log(), 0);
  for (int i = 3; i < 9; ++i) Log("192.0.2." + std::to_string(i));  // longer than it was
  EXPECT_EQ(Seen().size(), 8U);
  EXPECT_EQ(Follow()->status, 304);
}

TEST_F(FollowEveTest, AFileThatIsGoneIsLostButTheNewOneIsRead) {
  Log("192.0.2.1");
  Seen();
  fs::remove(Log());
  Log("192.0.2.2");
  EXPECT_EQ(Seen(), (Counts{{"192.0.2.1/32", 1}, {"192.0.2.2/32", 1}}));
}

TEST_F(FollowEveTest, ALargeLogIsReadInParts) {
  const std::string line = Alert("192.0.2.1") + "\n";
  std::string text;
  while (text.size() < 5 * 1024 * 1024) text += line;
  Write(text);
  request_.body_size_max = 2 * 1024 * 1024;
  std::uint32_t before = 0;
  for (int i = 0; i < 3; ++i) {
    const std::uint32_t count = Seen().at("192.0.2.1/32");
    EXPECT_GT(count, before);
    before = count;
  }
  EXPECT_EQ(before, text.size() / line.size());
}

TEST_F(FollowEveTest, ForgetsWhatWasLastSeenTooLongAgo) {
  Log("192.0.2.1");
  EXPECT_EQ(Seen().size(), 1U);
  now_ += std::chrono::hours(24 * 31);
  EXPECT_EQ(Seen(), Counts{});
}

TEST_F(FollowEveTest, ALogWithoutAlertsIsNotKeptAnewEachTimeButIsNotReadForEverEither) {
  Log("192.0.2.1");
  Seen();
  Write("{\"event_type\":\"stats\"}\n");
  EXPECT_EQ(Follow()->status, 304);
  std::string stats;
  while (stats.size() < 2 * 1024 * 1024) stats += "{\"event_type\":\"stats\"}\n";
  Write(stats);
  EXPECT_EQ(Follow()->status, 200);
  EXPECT_EQ(Follow()->status, 304);
}

TEST_F(FollowEveTest, TakesALogOfThisMachineOnly) {
  NoHttpClient client;
  request_.url = "https://sensor.example/eve.json";
  EXPECT_EQ(collect_(client, request_, "").error().code, ErrorCode::not_allowed);
  request_.allow_file = false;
  EXPECT_EQ(Follow().error().code, ErrorCode::not_allowed);
}

TEST_F(FollowEveTest, ADocumentOfSomebodyElseIsRefused) {
  for (const char* const text : {"", "{}", "rubbish", "{\"sekisho\":\"pushed 1\"}\n"}) {
    EXPECT_EQ(ParseEveTally(text, now_, 1000).error().code, ErrorCode::malformed_input) << text;
  }
}

// The counts were made a second time with a script of Python's json and ipaddress.
struct RealCounts {
  std::uint64_t ips = 0;
  std::uint64_t ip_alerts = 0;
  std::uint64_t domains = 0;
  std::uint64_t urls = 0;
  std::uint64_t rejected = 0;
};

RealCounts CountsOf(const std::string& text) {
  platform::testing::TemporaryFolder folder;
  std::ofstream(folder / "eve.json", std::ios::binary) << text;
  HttpRequest request;
  request.allow_file = true;
  request.url = "file://" + (folder / "eve.json").string();
  NoHttpClient client;
  const auto long_ago = policy::ParseTime("2018-04-01").value();
  const Collector collect =
      FollowEve({.retention = std::chrono::hours(24 * 365 * 9), .now = [&] { return long_ago; }});
  const auto response = collect(client, request, "");
  RealCounts counts;
  const auto snapshot = ParseEveTally(response.value().body, long_ago, 10'000).value();
  for (const Observation& seen : snapshot.observations) {
    switch (policy::KindOf(seen.indicator)) {
      case policy::IndicatorKind::ip:
        ++counts.ips;
        counts.ip_alerts += seen.sightings;
        break;
      case policy::IndicatorKind::domain: ++counts.domains; break;
      default: ++counts.urls; break;
    }
  }
  for (const auto& [reason, count] : snapshot.rejected_by_reason) counts.rejected += count;
  return counts;
}

// 136 alerts, of which 4 are of two ends of our own and one tells of an address only by its host.
TEST(EveRealDataTest, FirstOrg2015) {
  SEKISHO_REAL_DATA_OR_SKIP(text, "logs/suricata_alerts_first-org-2015.json");
  const RealCounts counts = CountsOf(text);
  EXPECT_EQ(counts.ips, 57U);
  EXPECT_EQ(counts.ip_alerts, 131U);
  EXPECT_EQ(counts.domains, 16U);
  EXPECT_EQ(counts.urls, 20U);
  EXPECT_EQ(counts.rejected, 0U);
}

// 207 alerts; 116 within the network, one from 0.0.0.0.
TEST(EveRealDataTest, Wrccdc2018) {
  SEKISHO_REAL_DATA_OR_SKIP(text, "logs/suricata_alerts_wrccdc-2018.json");
  const RealCounts counts = CountsOf(text);
  EXPECT_EQ(counts.ips, 82U);
  EXPECT_EQ(counts.ip_alerts, 90U);
  EXPECT_EQ(counts.domains, 30U);
  EXPECT_EQ(counts.urls, 25U);
  EXPECT_EQ(counts.rejected, 0U);
}

// 5000 events as lines, 68 of them alerts, all within the exercise's own network.
TEST(EveRealDataTest, Maccdc2011) {
  SEKISHO_REAL_DATA_OR_SKIP(text, "logs/suricata_eve_2011-maccdc.json.zst");
  std::map<std::string, int> types;
  const EveSink sink{.event =
                         [&](std::string_view event) {
                           const auto alert = ReadEveEvent(event, {});
                           ++types[!alert ? "bad" : *alert ? "alert" : "other"];
                         },
                     .fault = [&](std::string_view) { ++types["fault"]; }};
  EveScan scan;
  EXPECT_EQ(TakeEveText(text, true, scan, sink), text.size());
  EXPECT_EQ(types, (std::map<std::string, int>{{"alert", 68}, {"other", 4932}}));
  const RealCounts counts = CountsOf(text);
  EXPECT_EQ(counts.ips + counts.domains + counts.urls + counts.rejected, 0U);
}

}  // namespace
}  // namespace agent::feeds
