#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>

#include "agent/feeds/scheduler.h"
#include "tests/platform/temporary_folder.h"

namespace agent::feeds {
namespace {

using platform::HttpRequest;
using platform::HttpResponse;
using policy::ErrorCode;
using policy::Result;
using std::chrono::seconds;

// Answers by URL; "slow" ones hang until the request is stopped.
class FakeHttpClient final : public platform::HttpClient {
 public:
  Result<HttpResponse> Send(const HttpRequest& request) override {
    if (request.url.find("slow") != std::string::npos) {
      std::unique_lock lock(mutex_);
      ++hanging_;
      changed_.notify_all();
      released_.wait(lock, request.stop, [this] { return is_released_; });
      return policy::Fail(ErrorCode::unavailable, "slow");
    }
    const std::lock_guard lock(mutex_);
    if (is_down_) {
      HttpResponse response;
      response.status = 503;
      response.retry_after = retry_after_;
      return response;
    }
    HttpResponse response;
    response.status = 200;
    response.body = "n" + std::to_string(++served_) + ".example\n";
    return response;
  }

  void Release() {
    const std::lock_guard lock(mutex_);
    is_released_ = true;
    released_.notify_all();
  }
  void GoDown(std::string retry_after) {
    const std::lock_guard lock(mutex_);
    is_down_ = true;
    retry_after_ = std::move(retry_after);
  }
  void WaitUntilHanging(int count) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, seconds(20), [&] { return hanging_ >= count; }));
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any released_;
  std::condition_variable_any changed_;
  bool is_released_ = false;
  bool is_down_ = false;
  std::string retry_after_;
  int hanging_ = 0;
  int served_ = 0;
};

class Inbox {
 public:
  FeedScheduler::Deliver Deliver() {
    return [this](FetchResult result) {
      const std::lock_guard lock(mutex_);
      results_.push_back(std::move(result));
      changed_.notify_all();
    };
  }
  std::optional<FetchResult> Take(std::chrono::milliseconds patience = seconds(20)) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, patience, [this] { return !results_.empty(); })) return {};
    FetchResult result = std::move(results_.front());
    results_.pop_front();
    return result;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<FetchResult> results_;
};

class FeedSchedulerTest : public ::testing::Test {
 protected:
  void Add(const std::string& name, SourceKind kind = SourceKind::feed) {
    SourceSettings settings;
    settings.kind = kind;
    settings.name = name;
    settings.url = "https://feed.example/" + name;
    settings.format =
        kind == SourceKind::feed ? *FindFeedFormat("plain") : *FindAllowlistFormat("plain");
    settings.interval = std::chrono::minutes(10);
    auto fetcher = FeedFetcher::Open(settings, folder_.path(), client_);
    ASSERT_TRUE(fetcher) << fetcher.error().detail;
    fetchers_.push_back(*std::move(fetcher));
  }
  std::unique_ptr<FeedScheduler> Start(std::size_t threads_max = 8) {
    auto scheduler = std::make_unique<FeedScheduler>(
        std::move(fetchers_), clock_, inbox_.Deliver(),
        SchedulerOptions{threads_max, std::chrono::milliseconds(0), 1});
    scheduler->Start();
    return scheduler;
  }
  bool IsQuiet() { return !inbox_.Take(std::chrono::milliseconds(50)); }

  platform::testing::TemporaryFolder folder_;
  platform::ManualClock clock_{*policy::ParseTime("2026-03-15T12:00:00Z")};
  FakeHttpClient client_;
  Inbox inbox_;
  std::vector<FeedFetcher> fetchers_;
};

TEST_F(FeedSchedulerTest, FetchesEachSourceAtTheStartAndAgainAfterTheInterval) {
  Add("a");
  Add("b", SourceKind::allowlist);
  const auto scheduler = Start();
  std::map<std::string, int> count;
  for (int i = 0; i < 2; ++i) ++count[inbox_.Take().value().source];
  EXPECT_EQ(count, (std::map<std::string, int>{{"a", 1}, {"b", 1}}));
  EXPECT_TRUE(IsQuiet());
  clock_.Advance(std::chrono::minutes(11));
  for (int i = 0; i < 2; ++i) ++count[inbox_.Take().value().source];
  EXPECT_EQ(count, (std::map<std::string, int>{{"a", 2}, {"b", 2}}));
}

TEST_F(FeedSchedulerTest, FetchesAtOnceWhenAskedTo) {
  Add("a");
  const auto scheduler = Start();
  ASSERT_TRUE(inbox_.Take());
  ASSERT_TRUE(scheduler->RefreshNow(SourceKind::feed, "a"));
  EXPECT_EQ(inbox_.Take().value().outcome, FetchOutcome::accepted);
  EXPECT_EQ(scheduler->RefreshNow(SourceKind::feed, "b").error().code, ErrorCode::not_found);
  EXPECT_EQ(scheduler->RefreshNow(SourceKind::allowlist, "a").error().code, ErrorCode::not_found);
}

TEST_F(FeedSchedulerTest, F5_RetriesAFailedSourceSoonerThanTheIntervalAndHeedsRetryAfter) {
  Add("a");
  client_.GoDown("");
  const auto scheduler = Start();
  EXPECT_EQ(inbox_.Take().value().outcome, FetchOutcome::unreachable);
  clock_.Advance(seconds(61));
  ASSERT_TRUE(inbox_.Take());
  client_.GoDown("300");
  clock_.Advance(seconds(121));
  ASSERT_TRUE(inbox_.Take());
  clock_.Advance(seconds(299));
  EXPECT_FALSE(inbox_.Take(std::chrono::milliseconds(1200)));
  clock_.Advance(seconds(2));
  EXPECT_TRUE(inbox_.Take());
}

TEST_F(FeedSchedulerTest, F8_ASourceThatHangsHoldsUpNoOther) {
  Add("slow-1");
  Add("slow-2");
  Add("quick");
  const auto scheduler = Start();
  client_.WaitUntilHanging(2);
  EXPECT_EQ(inbox_.Take().value().source, "quick");
  clock_.Advance(std::chrono::minutes(11));
  EXPECT_EQ(inbox_.Take().value().source, "quick");
  client_.Release();
  EXPECT_EQ(inbox_.Take().value().outcome, FetchOutcome::unreachable);
}

TEST_F(FeedSchedulerTest, FetchesAgainWhenAskedWhileItFetches) {
  Add("slow");
  const auto scheduler = Start();
  client_.WaitUntilHanging(1);
  ASSERT_TRUE(scheduler->RefreshNow(SourceKind::feed, "slow"));
  client_.Release();
  EXPECT_TRUE(inbox_.Take());
  EXPECT_TRUE(inbox_.Take());
}

TEST_F(FeedSchedulerTest, SharesItsThreadsWhereThereAreMoreSources) {
  for (int i = 0; i < 9; ++i) Add("s" + std::to_string(i));
  const auto scheduler = Start(2);
  std::map<std::string, int> count;
  for (int i = 0; i < 9; ++i) ++count[inbox_.Take().value().source];
  EXPECT_EQ(count.size(), 9U);
}

TEST_F(FeedSchedulerTest, StopsWhileASourceHangsAndDropsItsResult) {
  Add("slow");
  const auto scheduler = Start();
  client_.WaitUntilHanging(1);
  const auto begin = std::chrono::steady_clock::now();
  scheduler->Stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(5));
  EXPECT_TRUE(IsQuiet());
  scheduler->Stop();
}

TEST_F(FeedSchedulerTest, HasNothingToDoWithoutSources) {
  const auto scheduler = Start();
  EXPECT_TRUE(IsQuiet());
}

}  // namespace
}  // namespace agent::feeds
