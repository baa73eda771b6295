// MISP as a server and as a folder of files, from the wire to the last good file.
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "agent/feeds/fetcher.h"
#include "tests/agent/fake_misp.h"
#include "tests/platform/temporary_folder.h"

namespace agent::feeds {
namespace {

using Json = nlohmann::json;
using Lines = std::vector<std::string>;
using Counts = std::map<std::string, std::uint64_t>;

const policy::TimePoint start = *policy::ParseTime("2026-03-15T12:00:00Z");

class MispSourceTest : public ::testing::Test {
 protected:
  MispSourceTest() {
    settings_.name = "community";
    settings_.deadline = std::chrono::seconds(20);
    settings_.allow_private = true;
    settings_.auth_header = "Authorization";
    settings_.auth_file = folder_ / "key";
    std::ofstream(settings_.auth_file) << "secret\n";
  }

  void Configure(const std::string& format, const std::string& keys) {
    const auto document = config::Document::Parse(keys, "test.yaml");
    ASSERT_TRUE(document) << document.error().detail;
    settings_.format = *FindFeedFormat(format, document->root());
    if (keys.empty()) return;  // without a node to finish
    const auto finished = document->Finish();
    ASSERT_TRUE(finished) << finished.error().detail;
  }

  FeedFetcher Open() { return *FeedFetcher::Open(settings_, folder_.path(), client_); }

  static Lines LinesOf(const FetchResult& result) {
    Lines lines;
    if (!result.parsed) return lines;
    const auto& snapshot = std::get<std::shared_ptr<const FeedSnapshot>>(result.parsed->content);
    for (const auto& observation : snapshot->observations) {
      lines.push_back(policy::TextOf(observation.indicator));
    }
    return lines;
  }

  static void ExpectAccepted(const FetchResult& result, const Lines& lines) {
    EXPECT_EQ(result.outcome, FetchOutcome::accepted) << result.detail;
    EXPECT_EQ(LinesOf(result), lines);
  }

  // The last good file stays, and says why.
  static void ExpectRefused(const FetchResult& result, FetchOutcome outcome,
                            const std::string& why) {
    EXPECT_EQ(result.outcome, outcome) << result.detail;
    EXPECT_NE(result.detail.find(why), std::string::npos) << result.detail;
    EXPECT_FALSE(result.parsed);
  }

  platform::testing::TemporaryFolder folder_;
  platform::CurlHttpClient client_{"sekisho-test"};
  SourceSettings settings_;
};

class MispSearchTest : public MispSourceTest {
 protected:
  MispSearchTest() {
    settings_.url = misp_.Url();
    Configure("misp", "page_size: 2");
    for (int i = 1; i <= 5; ++i) misp_.Put(i, Json::object());
  }

  // One that has fetched everything.
  FeedFetcher OpenFull() {
    FeedFetcher fetcher = Open();
    const FetchResult result = fetcher.Fetch(start);
    EXPECT_EQ(result.outcome, FetchOutcome::accepted) << result.detail;
    misp_.TakeQueries();
    return fetcher;
  }

  FakeMisp misp_;
};

const Lines five{"n1.example", "n2.example", "n3.example", "n4.example", "n5.example"};

TEST_F(MispSearchTest, JoinsThePagesOfTheFirstSearch) {
  FeedFetcher fetcher = Open();
  ExpectAccepted(fetcher.Fetch(start), five);
  const auto queries = misp_.TakeQueries();
  ASSERT_EQ(queries.size(), 4U);  // the last one is empty
  const Json& query = queries[0];
  EXPECT_EQ(query["returnFormat"], "json");
  EXPECT_EQ(query["page"], 1);
  EXPECT_EQ(queries[3]["page"], 4);
  EXPECT_EQ(query["limit"], 2);
  EXPECT_EQ(query["to_ids"], true);
  EXPECT_EQ(query["published"], true);
  EXPECT_EQ(query["includeEventTags"], true);
  EXPECT_EQ(query["includeSightings"], true);
  EXPECT_EQ(query["enforceWarninglist"], false);
  EXPECT_EQ(query["type"], (Json{"domain", "domain|ip", "hostname", "hostname|port", "ip-dst",
                                 "ip-dst|port", "uri", "url"}));
  for (const char* const absent : {"timestamp", "deleted", "tags", "decayingModel"}) {
    EXPECT_FALSE(query.contains(absent)) << absent;
  }
}

TEST_F(MispSearchTest, AsksForWhatTheSettingsSay) {
  Configure("misp",
            "tags: [a, b]\nexclude_tags: [c]\nto_ids: false\nip_src: true\npublished: false\n"
            "enforce_warninglist: true\ndecaying_model: 5\nsightings: false\n");
  misp_.Put(1, {{"Tag", {{{"name", "a"}}}}});
  FeedFetcher fetcher = Open();
  ExpectAccepted(fetcher.Fetch(start), {"n1.example"});
  const auto queries = misp_.TakeQueries();
  const Json& query = queries.at(0);
  EXPECT_EQ(query["tags"], (Json{{"OR", {"a", "b"}}, {"NOT", {"c"}}}));
  EXPECT_FALSE(query.contains("to_ids"));
  EXPECT_FALSE(query.contains("published"));
  EXPECT_EQ(query["enforceWarninglist"], true);
  EXPECT_EQ(query["includeSightings"], false);
  EXPECT_EQ(query["includeDecayScore"], true);
  EXPECT_EQ(query["excludeDecayed"], true);
  EXPECT_EQ(query["decayingModel"], Json{5});
  EXPECT_EQ(query["type"].size(), 10U);
  EXPECT_EQ(query["limit"], 5000);
}

TEST_F(MispSearchTest, ThenAsksForChangesOnly) {
  FeedFetcher fetcher = OpenFull();
  misp_.SetDate("Sun, 15 Mar 2026 13:00:00 GMT");
  misp_.Put(6, {{"timestamp", "1773579000"}});
  misp_.Put(5, {{"timestamp", "1773579000"}, {"deleted", true}});
  misp_.Put(4, {{"timestamp", "1773579000"}, {"to_ids", false}});
  misp_.Put(3, {{"timestamp", "1773579000"}, {"value", "changed.example"}});
  misp_.Put(2, {{"timestamp", "1773579000"}, {"Tag", {{{"name", "tlp:red"}}}}});
  settings_.limits.shrink_percent_max = 60;
  FeedFetcher again = Open();
  ASSERT_TRUE(again.LoadLastGood());
  ExpectAccepted(again.Fetch(start), {"changed.example", "n1.example", "n6.example"});
  const auto queries = misp_.TakeQueries();
  // A day before the first page of the first search, so that late publication is noticed.
  EXPECT_EQ(queries.at(0)["timestamp"], 1'773'576'000 - 86'400);
  EXPECT_EQ(queries.at(0)["deleted"], (Json{0, 1}));
  for (const char* const absent : {"to_ids", "tags"}) EXPECT_FALSE(queries[0].contains(absent));
}

TEST_F(MispSearchTest, KeepsNoValueOfWhatItMayNotUse) {
  misp_.Put(2, {{"Tag", {{{"name", "tlp:red"}}}},
                {"value", "secret.example"},
                {"Event", {{"info", "Secret title"}}}});
  FeedFetcher fetcher = Open();
  const FetchResult result = fetcher.Fetch(start);
  EXPECT_EQ(LinesOf(result).size(), 4U) << result.detail;
  const auto& snapshot = std::get<std::shared_ptr<const FeedSnapshot>>(result.parsed->content);
  EXPECT_EQ(snapshot->passed_over_by_reason, (Counts{{"TLP above tlp_max", 1}}));
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "feeds")) {
    std::ifstream in(entry.path());
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    EXPECT_EQ(text.find("secret.example"), std::string::npos);
    EXPECT_EQ(text.find("Secret title"), std::string::npos);
  }
}

TEST_F(MispSearchTest, IsUnchangedIfNothingChanged) {
  Configure("misp", "page_size: 2\noverlap: 1h\n");
  FeedFetcher fetcher = OpenFull();
  misp_.SetDate("Sun, 15 Mar 2026 13:00:00 GMT");
  EXPECT_EQ(fetcher.Fetch(start).outcome, FetchOutcome::unchanged);
  EXPECT_EQ(misp_.TakeQueries().size(), 1U);
}

TEST_F(MispSearchTest, FetchesAllAfterADayAndNoticesWhatIsGoneWithoutATrace) {
  FeedFetcher fetcher = OpenFull();
  misp_.Remove(5);
  misp_.SetDate("Mon, 16 Mar 2026 11:59:59 GMT");
  EXPECT_EQ(fetcher.Fetch(start).outcome, FetchOutcome::unchanged);
  misp_.SetDate("Mon, 16 Mar 2026 12:00:00 GMT");
  ExpectAccepted(fetcher.Fetch(start), {"n1.example", "n2.example", "n3.example", "n4.example"});
}

TEST_F(MispSearchTest, FetchesAllEachTimeWhereTheServerHasNoClock) {
  misp_.SetDate("");
  FeedFetcher fetcher = OpenFull();
  misp_.Remove(5);
  ExpectAccepted(fetcher.Fetch(start), {"n1.example", "n2.example", "n3.example", "n4.example"});
}

TEST_F(MispSearchTest, FetchesAllAfterAChangeOfWhatIsWanted) {
  OpenFull();
  misp_.Put(2, {{"Tag", {{{"name", "tlp:amber+strict"}}}}});
  Configure("misp", "page_size: 2\ntlp_max: red\n");
  FeedFetcher fetcher = Open();
  ASSERT_TRUE(fetcher.LoadLastGood());
  ExpectAccepted(fetcher.Fetch(start), five);
  EXPECT_FALSE(misp_.TakeQueries().at(0).contains("timestamp"));
}

TEST_F(MispSearchTest, ADeletedNewestRowIsNoReplay) {
  misp_.Put(5, {{"timestamp", "1773575000"}});
  FeedFetcher fetcher = OpenFull();
  misp_.Put(5, {{"timestamp", "1773576500"}, {"deleted", true}});
  ExpectAccepted(fetcher.Fetch(start), {"n1.example", "n2.example", "n3.example", "n4.example"});
}

TEST_F(MispSearchTest, AWrongKeyKeepsLastGood) {
  FeedFetcher fetcher = OpenFull();
  std::ofstream(settings_.auth_file) << "wrong\n";
  ExpectRefused(fetcher.Fetch(start), FetchOutcome::unreachable, "403");
}

TEST_F(MispSearchTest, AnErrorOnALaterPageKeepsLastGood) {
  FeedFetcher fetcher = OpenFull();
  misp_.SetDate("Tue, 17 Mar 2026 12:00:00 GMT");
  misp_.Put(6, {{"timestamp", "1773579000"}});
  misp_.SetFault(2, HttpAnswer("500 Oops", "", "Retry-After: 90\r\n"));
  const FetchResult result = fetcher.Fetch(start);
  ExpectRefused(result, FetchOutcome::unreachable, "500");
  EXPECT_EQ(result.retry_after, std::chrono::seconds(90));
  misp_.SetFault(2, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"response\":");
  EXPECT_EQ(fetcher.Fetch(start).outcome, FetchOutcome::unreachable);
  for (const char* const body :
       {"", "{}", "<html>", "{\"response\":{\"Attribute\":[{}]}}", "{\"response\":{}}", "[]",
        "{\"response\":{\"Attribute\":[{\"uuid\":\"../../x\"}]}}", "{\"errors\":[500,\"x\"]}"}) {
    misp_.SetFault(2, HttpAnswer("200 OK", body));
    EXPECT_EQ(fetcher.Fetch(start).outcome, FetchOutcome::refused) << body;
  }
  misp_.ClearFaults();
  EXPECT_EQ(LinesOf(fetcher.Fetch(start)).size(), 6U);
}

TEST_F(MispSearchTest, AServerThatRepeatsAPageForEverIsRefused) {
  FeedFetcher fetcher = OpenFull();
  misp_.SetDate("Tue, 17 Mar 2026 12:00:00 GMT");
  misp_.RepeatTheFirstPage();
  ExpectRefused(fetcher.Fetch(start), FetchOutcome::refused, "again and again");
}

TEST_F(MispSearchTest, AllPagesTogetherStayBelowTheCap) {
  settings_.body_size_max = 800;  // one page has less, three have more
  FeedFetcher fetcher = Open();
  EXPECT_EQ(fetcher.Fetch(start).outcome, FetchOutcome::unreachable);
}

TEST_F(MispSearchTest, TakesMembersOfOddTypesForAbsent) {
  for (const char* const member : {"Event", "Object", "Tag", "Sighting", "warnings", "decay_score",
                                   "ShadowAttribute", "first_seen", "category"}) {
    for (const Json& odd : {Json("x"), Json(7), Json(nullptr), Json{1, "x"}, Json{{"name", {1}}}}) {
      misp_.Put(1, {{member, odd}});
      FeedFetcher fetcher = Open();
      EXPECT_EQ(LinesOf(fetcher.Fetch(start)), five) << member << odd.dump();
    }
    misp_.Put(1, {{member, nullptr}});
  }
}

TEST_F(MispSearchTest, AnEmptyAnswerIsNoSource) {
  for (int i = 1; i <= 5; ++i) misp_.Remove(i);
  FeedFetcher fetcher = Open();
  ExpectRefused(fetcher.Fetch(start), FetchOutcome::refused, "not one usable row");
  misp_.SetFault(1, HttpAnswer("200 OK", "{\"response\":[]}"));
  ExpectRefused(fetcher.Fetch(start), FetchOutcome::refused, "not one usable row");
}

TEST_F(MispSearchTest, PeopleAreLedToTheEvent) {
  FeedFetcher fetcher = Open();
  const FetchResult result = fetcher.Fetch(start);
  const auto& snapshot = std::get<std::shared_ptr<const FeedSnapshot>>(result.parsed->content);
  EXPECT_EQ(snapshot->observations.at(0).reference,
            misp_.Url() + "events/view/5abf6421-c1b8-477b-a9d2-9c0902de0b81");
}

class MispFeedTest : public MispSourceTest {
 protected:
  MispFeedTest() {
    settings_.url = server_.Url();
    Configure("misp-feed", "");
    Put('1', "a.example", 1'773'500'000);
    Put('2', "b.example", 1'773'500'000);
    Publish();
  }

  static std::string UuidOf(char digit) {
    return std::string(8, digit) + "-aaaa-4aaa-8aaa-aaaaaaaaaaaa";
  }

  void Put(char digit, const std::string& domain, std::int64_t changed) {
    const std::string uuid = UuidOf(digit);
    manifest_[uuid] = {{"timestamp", changed}, {"info", "x"}, {"Orgc", {{"name", "us"}}}};
    const Json attribute{{"type", "domain"},
                         {"value", domain},
                         {"to_ids", true},
                         {"timestamp", std::to_string(changed)}};
    const Json picture{
        {"type", "attachment"}, {"value", "x.png"}, {"data", std::string(5'000, 'A')}};
    server_.Put(uuid + ".json",
                Json{{"Event", {{"uuid", uuid}, {"Attribute", {attribute, picture}}}}}.dump());
  }
  void Publish() { server_.Put("manifest.json", manifest_.dump()); }

  FakeFolder server_;
  Json manifest_;
};

TEST_F(MispFeedTest, FetchesTheManifestAndEachEvent) {
  FeedFetcher fetcher = Open();
  ExpectAccepted(fetcher.Fetch(start), {"a.example", "b.example"});
  EXPECT_EQ(server_.TakeNames(),
            (Lines{"manifest.json", UuidOf('1') + ".json", UuidOf('2') + ".json"}));
  settings_.url = server_.Url("/feed/manifest.json");
  ExpectAccepted(Open().Fetch(start), {"a.example", "b.example"});
  settings_.url = server_.Url("/feed");
  ExpectAccepted(Open().Fetch(start), {"a.example", "b.example"});
}

TEST_F(MispFeedTest, FetchesOnlyTheEventsThatChanged) {
  FeedFetcher fetcher = Open();
  ASSERT_EQ(fetcher.Fetch(start).outcome, FetchOutcome::accepted);
  server_.TakeNames();
  EXPECT_EQ(fetcher.Fetch(start).outcome, FetchOutcome::unchanged);
  EXPECT_EQ(server_.TakeNames(), Lines{"manifest.json"});

  Put('2', "c.example", 1'773'500'001);
  Put('3', "d.example", 1'773'500'001);
  Publish();
  FeedFetcher restarted = Open();
  ASSERT_TRUE(restarted.LoadLastGood());
  ExpectAccepted(restarted.Fetch(start), {"a.example", "c.example", "d.example"});
  EXPECT_EQ(server_.TakeNames(),
            (Lines{"manifest.json", UuidOf('2') + ".json", UuidOf('3') + ".json"}));
}

TEST_F(MispFeedTest, LeavesOutEventsThatAreGoneFromTheManifest) {
  FeedFetcher fetcher = Open();
  ASSERT_EQ(fetcher.Fetch(start).outcome, FetchOutcome::accepted);
  manifest_.erase(UuidOf('1'));
  Publish();
  ExpectAccepted(fetcher.Fetch(start), {"b.example"});
}

TEST_F(MispFeedTest, AskedForOtherEventsDoesNotTakeTheManifestAsUnchanged) {
  ASSERT_EQ(Open().Fetch(start).outcome, FetchOutcome::accepted);
  Put('3', "c.example", 1'773'600'000);
  Publish();
  ASSERT_EQ(Open().Fetch(start).outcome, FetchOutcome::accepted);
  Configure("misp-feed", "since: 2026-03-15T00:00:00Z\n");
  FeedFetcher fetcher = Open();
  ASSERT_TRUE(fetcher.LoadLastGood());
  server_.TakeNames();
  ExpectAccepted(fetcher.Fetch(start), {"c.example"});
  EXPECT_EQ(server_.TakeNames(), Lines{"manifest.json"});
}

TEST_F(MispFeedTest, KeepsLastGoodWhereAnEventIsMissingOrAnother) {
  FeedFetcher fetcher = Open();
  ASSERT_EQ(fetcher.Fetch(start).outcome, FetchOutcome::accepted);
  Put('3', "c.example", 1'773'500'001);
  Publish();
  server_.Remove(UuidOf('3') + ".json");
  ExpectRefused(fetcher.Fetch(start), FetchOutcome::unreachable, "404");
  for (const std::string& content :
       {std::string(), std::string("<html>"), std::string("[]"), std::string(R"({"Event":{}})"),
        R"({"Event":{"uuid":")" + UuidOf('1') + "\"}}"}) {
    server_.Put(UuidOf('3') + ".json", content);
    ExpectRefused(fetcher.Fetch(start), FetchOutcome::refused, UuidOf('3'));
  }
}

TEST_F(MispFeedTest, MakesNoUrlOfWhatIsNoUuid) {
  for (const char* const name :
       {"../../etc/passwd", "", "11111111-aaaa-4aaa-8aaa-aaaaaaaaaaa", "http://x.example/",
        "11111111-aaaa-4aaa-8aaa-aaaaaaaaaaa/", "?11111111-aaaa-4aaa-8aaa-aaaaaaaaaaaa"}) {
    server_.Put("manifest.json", Json{{name, {{"timestamp", 1}}}}.dump());
    server_.TakeNames();
    ExpectRefused(Open().Fetch(start), FetchOutcome::refused, "no UUID");
    EXPECT_EQ(server_.TakeNames(), Lines{"manifest.json"});
  }
}

TEST_F(MispFeedTest, RefusesWhatIsNoManifest) {
  for (const std::string& content :
       {std::string(), std::string("<html>"), std::string("[]"), std::string(100'000, '['),
        R"({")" + UuidOf('1') + R"(":7})", R"({")" + UuidOf('1') + R"(":{"timestamp":"x"}})"}) {
    server_.Put("manifest.json", content);
    EXPECT_EQ(Open().Fetch(start).outcome, FetchOutcome::refused) << content.substr(0, 80);
  }
  server_.Put("manifest.json", "{}");
  ExpectRefused(Open().Fetch(start), FetchOutcome::refused, "not one usable row");
}

TEST_F(MispFeedTest, AllFilesTogetherStayBelowTheCap) {
  settings_.body_size_max = 7'000;  // an event has more than 5 000
  EXPECT_EQ(Open().Fetch(start).outcome, FetchOutcome::unreachable);
  settings_.body_size_max = 12'000;
  EXPECT_EQ(Open().Fetch(start).outcome, FetchOutcome::accepted);
}

}  // namespace
}  // namespace agent::feeds
