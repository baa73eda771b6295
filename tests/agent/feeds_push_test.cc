#include "agent/feeds/pushed.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "agent/feeds/fetcher.h"
#include "agent/feeds/snapshot_builder.h"
#include "agent/feeds/spool.h"
#include "tests/platform/temporary_folder.h"

namespace agent::feeds {
namespace {

namespace fs = std::filesystem;
using platform::HttpRequest;
using platform::HttpResponse;
using policy::ErrorCode;
using policy::Observation;
using policy::Result;
using policy::TimePoint;

const TimePoint now = policy::ParseTime("2026-11-24T12:00:00Z").value();

class NoHttpClient final : public platform::HttpClient {
 public:
  Result<HttpResponse> Send(const HttpRequest&) override {
    return policy::Fail(ErrorCode::unavailable, "what is pushed is not fetched");
  }
};

PushedRow Row(const std::string& domain, TimePoint at = now) {
  PushedRow row{.seen = SeenAt(policy::GuessIndicator(domain).value(), at)};
  row.by = "carol";
  return row;
}

PushedRow Detection(const std::string& domain, std::uint32_t sightings = 1, TimePoint at = now) {
  PushedRow row = Row(domain, at);
  row.is_detection = true;
  row.seen.sightings = sightings;
  return row;
}

// A push feed as the agent has it, with its files in `folder`.
class PushFeed {
 public:
  explicit PushFeed(const fs::path& folder) {
    SourceSettings settings;
    settings.name = "desk";
    settings.url = "push:desk";
    settings.format = FindFeedFormat("push").value();
    settings.format.collect_pushed = [](std::shared_ptr<Spool> spool) {
      return CollectPushed(std::move(spool), {.now = [] { return now; }});
    };
    fetcher_ = FeedFetcher::Open(std::move(settings), folder, client_).value();
    if (auto loaded = fetcher_->LoadLastGood()) Keep(*loaded);
  }

  Result<Spool::Taken> Push(const std::string& id, const std::vector<PushedRow>& rows) {
    std::string lines;
    for (const PushedRow& row : rows) lines += LineOf(row);
    return fetcher_->spool()->Append({id, "f"}, lines);
  }
  FetchResult Fetch() {
    FetchResult result = fetcher_->Fetch(now);
    Keep(result);
    return result;
  }
  std::map<std::string, std::uint32_t> Sightings() const {
    std::map<std::string, std::uint32_t> all;
    for (const Observation& seen : observations_) {
      all[policy::TextOf(seen.indicator)] = seen.sightings;
    }
    return all;
  }
  const std::vector<Observation>& observations() const { return observations_; }
  Spool& spool() { return *fetcher_->spool(); }

 private:
  void Keep(const FetchResult& result) {
    if (!result.parsed) return;
    observations_ =
        std::get<std::shared_ptr<const FeedSnapshot>>(result.parsed->content)->observations;
  }

  NoHttpClient client_;
  std::optional<FeedFetcher> fetcher_;
  std::vector<Observation> observations_;
};

using Counts = std::map<std::string, std::uint32_t>;

class PushTest : public ::testing::Test {
 protected:
  fs::path spool_file() const { return folder_ / "push/desk.spool"; }
  platform::testing::TemporaryFolder folder_;
};

TEST_F(PushTest, AFeedThatNobodyHasPushedToIsEmptyAndGood) {
  PushFeed feed(folder_.path());
  EXPECT_EQ(feed.Fetch().outcome, FetchOutcome::accepted);
  EXPECT_EQ(feed.Fetch().outcome, FetchOutcome::unchanged);
  EXPECT_TRUE(feed.observations().empty());
}

TEST_F(PushTest, WhatIsPushedIsTakenInAndSurvivesRestarts) {
  {
    PushFeed feed(folder_.path());
    feed.Fetch();
    ASSERT_TRUE(feed.Push("1", {Row("evil.example")}));
  }
  PushFeed feed(folder_.path());
  EXPECT_TRUE(feed.observations().empty()) << "acknowledged, but not taken in yet";
  EXPECT_EQ(feed.Fetch().outcome, FetchOutcome::accepted);
  ASSERT_EQ(feed.observations().size(), 1U);
  EXPECT_EQ(feed.observations()[0].tags, "by:carol");
  EXPECT_EQ(PushFeed(folder_.path()).observations().size(), 1U);
}

TEST_F(PushTest, TheSpoolIsEmptiedOnceTheDocumentIsOnDiskAndNotBefore) {
  PushFeed feed(folder_.path());
  ASSERT_TRUE(feed.Push("1", {Row("evil.example")}));
  EXPECT_EQ(feed.Fetch().outcome, FetchOutcome::accepted);
  EXPECT_EQ(feed.spool().Read()->batches.size(), 1U);
  EXPECT_EQ(feed.Fetch().outcome, FetchOutcome::unchanged);
  EXPECT_TRUE(feed.spool().Read()->batches.empty());
  ASSERT_TRUE(feed.Push("2", {Row("other.example")}));
  feed.Fetch();
  EXPECT_EQ(feed.observations().size(), 2U);
}

TEST_F(PushTest, ARepeatedRequestIsTakenOnceEvenAcrossARestart) {
  {
    PushFeed feed(folder_.path());
    EXPECT_EQ(feed.Push("1", {Detection("evil.example")}).value(), Spool::Taken::now);
    EXPECT_EQ(feed.Push("1", {Detection("evil.example")}).value(), Spool::Taken::before);
    feed.Fetch();
    feed.Fetch();  // empties the spool
  }
  PushFeed feed(folder_.path());
  EXPECT_EQ(feed.Push("1", {Detection("evil.example")}).value(), Spool::Taken::before);
  feed.Fetch();
  EXPECT_EQ(feed.Sightings(), (Counts{{"evil.example", 1}}));
}

TEST_F(PushTest, AnotherRequestWithTheSameIdIsAConflict) {
  PushFeed feed(folder_.path());
  ASSERT_TRUE(feed.spool().Append({"1", "one"}, ""));
  EXPECT_EQ(feed.spool().Append({"1", "another"}, "").error().code, ErrorCode::conflict);
}

TEST_F(PushTest, TheLaterRowReplacesTheEarlierOneAndDetectionsAddUp) {
  PushFeed feed(folder_.path());
  PushedRow first = Row("evil.example", now - std::chrono::hours(2));
  first.seen.malware = "one";
  PushedRow second = Row("evil.example", now - std::chrono::hours(1));
  second.seen.malware = "two";
  ASSERT_TRUE(feed.Push("1", {first, Detection("seen.example", 3)}));
  ASSERT_TRUE(feed.Push("2", {second, Detection("seen.example", 4, now - std::chrono::hours(5))}));
  feed.Fetch();
  EXPECT_EQ(feed.Sightings(), (Counts{{"evil.example", 0}, {"seen.example", 7}}));
  EXPECT_EQ(feed.observations()[0].malware, "two");
  EXPECT_EQ(feed.observations()[0].first_seen, first.seen.first_seen);
  EXPECT_EQ(feed.observations()[1].last_seen, now) << "detections may come late";
}

TEST_F(PushTest, WhatIsWithdrawnOrRunOutIsGone) {
  PushFeed feed(folder_.path());
  ASSERT_TRUE(feed.Push("1", {Row("a.example"), Row("b.example"), Row("c.example")}));
  feed.Fetch();
  PushedRow withdrawn = Row("a.example");
  withdrawn.withdrawn = true;
  PushedRow past = Row("b.example");
  past.seen.valid_until = now;
  ASSERT_TRUE(
      feed.Push("2", {withdrawn, past, Row("old.example", now - std::chrono::hours(9999))}));
  EXPECT_EQ(feed.Fetch().outcome, FetchOutcome::accepted) << "shrinking is no fault here";
  EXPECT_EQ(feed.Sightings(), (Counts{{"c.example", 0}}));
}

TEST_F(PushTest, ARowReadsBackAsItWas) {
  PushedRow row = Detection("http://evil.example/x,y", 9);
  row.seen.valid_until = now + std::chrono::hours(1);
  row.seen.confidence = policy::Confidence::FromPercent(0).value();
  row.seen.threat = policy::ThreatType::c2;
  row.seen.malware = "\"\n";
  row.seen.campaign = "Dust";
  row.seen.tags = "a,b";
  row.seen.reference = "https://example.com/1";
  const auto read = ReadPushedRow(LineOf(row));
  ASSERT_TRUE(read);
  EXPECT_EQ(LineOf(*read), LineOf(row));
  EXPECT_EQ(read->seen.confidence, row.seen.confidence);
  EXPECT_EQ(read->seen.malware, "\"\n");
  EXPECT_EQ(read->seen.campaign, "Dust");
}

TEST_F(PushTest, ADocumentOfSomebodyElseIsRefused) {
  for (const char* const text :
       {"", "{}\n", "rubbish", "{\"sekisho\":\"pushed 1\",\"spool\":7,\"applied\":1}\n",
        "{\"sekisho\":\"pushed 1\",\"spool\":\"a\",\"applied\":1}\n{\"indicator\":1}\n"}) {
    EXPECT_EQ(ParsePushed(text, now, 1000).error().code, ErrorCode::malformed_input) << text;
  }
}

// Cuts the file wherever a power loss might.
TEST_F(PushTest, ATornAppendIsSetAsideAndTheRestCounts) {
  {
    PushFeed feed(folder_.path());
    ASSERT_TRUE(feed.Push("1", {Row("first.example")}));
  }
  const auto whole = fs::file_size(spool_file());
  {
    PushFeed feed(folder_.path());
    ASSERT_TRUE(feed.Push("2", {Row("second.example")}));
  }
  const auto end = fs::file_size(spool_file());
  for (auto size = end - 1; size > whole + 13; size -= 13) {
    fs::resize_file(spool_file(), size);
    PushFeed feed(folder_.path());
    EXPECT_EQ(fs::file_size(spool_file()), whole);
    EXPECT_EQ(feed.spool().Read()->batches.size(), 1U);
    ASSERT_TRUE(feed.Push("2", {Row("second.example")})) << "it may be pushed again";
    EXPECT_EQ(feed.spool().Read()->batches.size(), 2U);
  }
  EXPECT_TRUE(fs::exists(folder_ / "push/desk.spool.broken"));
}

TEST_F(PushTest, ASpoolThatIsNoneIsReported) {
  fs::create_directories(folder_ / "push");
  std::ofstream(spool_file()) << "rubbish\n";
  EXPECT_EQ(Spool::Open(folder_ / "push", "desk").error().code, ErrorCode::corrupt);
}

TEST_F(PushTest, ANewSpoolBeginsAnewWithoutBeingTakenForTheOldOne) {
  {
    PushFeed feed(folder_.path());
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(feed.Push(std::to_string(i), {Row("a.example")}));
    feed.Fetch();
  }
  fs::remove(spool_file());
  PushFeed feed(folder_.path());
  ASSERT_TRUE(feed.Push("1", {Row("b.example")}));
  feed.Fetch();
  EXPECT_EQ(feed.Sightings(), (Counts{{"a.example", 0}, {"b.example", 0}}));
}

TEST_F(PushTest, PushesAtTheSameTimeAllCount) {
  PushFeed feed(folder_.path());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&feed, t] {
      for (int i = 0; i < 25; ++i) {
        EXPECT_TRUE(
            feed.Push(std::to_string(t) + "-" + std::to_string(i), {Detection("evil.example")}));
      }
    });
  }
  for (int i = 0; i < 10; ++i) feed.Fetch();
  for (std::thread& thread : threads) thread.join();
  feed.Fetch();
  EXPECT_EQ(feed.Sightings(), (Counts{{"evil.example", 100}}));
}

// Pushes and takes in until it is killed, and tells `fd` of each acknowledgement.
[[noreturn]] void PushUntilKilled(const fs::path& folder, int round, int fd) {
  PushFeed feed(folder);
  for (int i = 0;; ++i) {
    const std::string id = std::to_string(round) + "-" + std::to_string(i);
    if (!feed.Push(id, {Detection("r" + id + ".example")})) _exit(1);
    if (::write(fd, (id + "\n").data(), id.size() + 1) < 0) _exit(1);
    if (i % 3 == 0) feed.Fetch();
  }
}

TEST_F(PushTest, KilledAtAnyMomentItLosesNothingAndCountsNothingTwice) {
  std::vector<std::string> acknowledged;
  for (int round = 0; round < 12; ++round) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    if (child == 0) PushUntilKilled(folder_.path(), round, pipe[1]);
    ::close(pipe[1]);
    ::usleep(static_cast<useconds_t>(20'000 + round * 7'919));
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    std::string line;
    char c = 0;
    while (::read(pipe[0], &c, 1) == 1) {
      if (c == '\n') {
        acknowledged.push_back(std::exchange(line, ""));
      } else {
        line += c;
      }
    }
    ::close(pipe[0]);
  }
  ASSERT_GT(acknowledged.size(), 12U);
  PushFeed feed(folder_.path());
  feed.Fetch();
  const auto counts = feed.Sightings();
  for (const std::string& id : acknowledged) {
    const auto found = counts.find("r" + id + ".example");
    ASSERT_NE(found, counts.end()) << id << " was acknowledged and is lost";
  }
  for (const auto& [indicator, count] : counts) EXPECT_EQ(count, 1U) << indicator;
  // One a round may be taken without its acknowledgement having come.
  EXPECT_LE(counts.size(), acknowledged.size() + 12);
}

}  // namespace
}  // namespace agent::feeds
