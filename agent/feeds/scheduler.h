#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <random>
#include <stop_token>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "agent/feeds/fetcher.h"
#include "platform/clock.h"
#include "policy/result.h"

namespace agent::feeds {

struct SchedulerOptions {
  std::size_t threads_max = 8;                    // one a source up to here, then they share
  std::chrono::milliseconds start_spread{5'000};  // the first fetches begin within so long
  std::uint64_t seed = 0;                         // of the jitter
};

// Fetches each source when it is due, with jitter, and slower and slower while it fails. A source
// that hangs holds up one thread until its own deadline, and no other source.
//
// `deliver` is called from the scheduler's threads, several at once; the results of one source come
// one after the other, in order. It may block, for a queue that is full; Stop waits for it.
class FeedScheduler {
 public:
  using Deliver = std::function<void(FetchResult)>;

  // `clock` has to outlive it. Nothing runs before Start.
  FeedScheduler(std::vector<FeedFetcher> fetchers, const platform::Clock& clock, Deliver deliver,
                SchedulerOptions options);
  ~FeedScheduler() { Stop(); }
  FeedScheduler(const FeedScheduler&) = delete;
  FeedScheduler& operator=(const FeedScheduler&) = delete;

  void Start();

  // Makes a source due now; if it is being fetched, it is due again afterwards. `not_found` if
  // there is no such source. Any thread.
  policy::Result<void> RefreshNow(SourceKind kind, std::string_view name,
                                  SizeCheck size_check = SizeCheck::enforce);

  // Ends fetches under way, whose results are dropped, and joins the threads. Idempotent, but not
  // to be called from `deliver` or from two threads at once.
  void Stop();

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;

  struct Source {
    explicit Source(FeedFetcher f) : fetcher(std::move(f)) {}

    FeedFetcher fetcher;  // of the thread that made it busy
    SteadyTime due{};
    bool is_busy = false;
    bool again = false;                         // RefreshNow while busy
    SizeCheck size_check = SizeCheck::enforce;  // for the next fetch
    int failures = 0;
  };

  void Run(const std::stop_token& stop);
  Source* WaitForDue(std::unique_lock<std::mutex>& lock, const std::stop_token& stop);
  Source* NextIdle();
  void FetchOne(Source& source, std::unique_lock<std::mutex>& lock, const std::stop_token& stop);
  void Reschedule(Source& source, FetchOutcome outcome,
                  std::optional<std::chrono::seconds> retry_after);
  double Random();

  const platform::Clock& clock_;
  const Deliver deliver_;
  const SchedulerOptions options_;
  std::mutex mutex_;  // over all below but threads_
  std::condition_variable_any changed_;
  std::uint64_t refreshes_ = 0;  // RefreshNow calls so far: wakes a sleeper
  std::mt19937_64 random_;
  std::vector<Source> sources_;  // never resized once constructed
  std::vector<std::jthread> threads_;
};

}  // namespace agent::feeds
