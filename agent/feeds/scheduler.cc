#include "agent/feeds/scheduler.h"

#include <algorithm>
#include <string>
#include <utility>

#include "agent/feeds/retry.h"
#include "policy/quote.h"

namespace agent::feeds {
namespace {

using policy::Result;
using std::chrono::milliseconds;

// Longest sleep before the clock is asked again: it may be a simulated one that has jumped.
constexpr milliseconds kSleepMax{500};

}  // namespace

FeedScheduler::FeedScheduler(std::vector<FeedFetcher> fetchers, const platform::Clock& clock,
                             Deliver deliver, SchedulerOptions options)
    : clock_(clock), deliver_(std::move(deliver)), options_(options), random_(options.seed) {
  sources_.reserve(fetchers.size());
  for (FeedFetcher& fetcher : fetchers) sources_.emplace_back(std::move(fetcher));
}

void FeedScheduler::Start() {
  const std::lock_guard lock(mutex_);
  const SteadyTime now = clock_.SteadyNow();
  for (Source& source : sources_) {
    const auto spread = static_cast<double>(options_.start_spread.count());
    source.due = now + milliseconds(static_cast<std::int64_t>(Random() * spread));
  }
  const std::size_t count =
      std::min(sources_.size(), std::max<std::size_t>(options_.threads_max, 1));
  while (threads_.size() < count) {
    threads_.emplace_back([this](const std::stop_token& stop) { Run(stop); });
  }
}

Result<void> FeedScheduler::RefreshNow(SourceKind kind, std::string_view name,
                                       SizeCheck size_check) {
  {
    const std::lock_guard lock(mutex_);
    const auto source = std::find_if(sources_.begin(), sources_.end(), [&](const Source& s) {
      return s.fetcher.settings().kind == kind && s.fetcher.settings().name == name;
    });
    if (source == sources_.end()) {
      return policy::Fail(policy::ErrorCode::not_found,
                          "there is no source " + policy::Quote(name));
    }
    ++refreshes_;
    source->due = clock_.SteadyNow();
    source->again = source->is_busy;
    if (size_check == SizeCheck::waive) source->size_check = SizeCheck::waive;
  }
  changed_.notify_all();
  return {};
}

void FeedScheduler::Stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();  // joins
}

void FeedScheduler::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (Source* const source = WaitForDue(lock, stop)) FetchOne(*source, lock, stop);
}

// Null once it is time to stop.
FeedScheduler::Source* FeedScheduler::WaitForDue(std::unique_lock<std::mutex>& lock,
                                                 const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    Source* const next = NextIdle();
    const SteadyTime now = clock_.SteadyNow();
    if (next != nullptr && next->due <= now) return next;
    auto sleep = std::chrono::steady_clock::duration(kSleepMax);
    if (next != nullptr) sleep = std::min(sleep, next->due - now);
    changed_.wait_for(lock, stop, sleep, [this, seen = refreshes_] { return refreshes_ != seen; });
  }
  return nullptr;
}

FeedScheduler::Source* FeedScheduler::NextIdle() {
  Source* next = nullptr;
  for (Source& source : sources_) {
    if (!source.is_busy && (next == nullptr || source.due < next->due)) next = &source;
  }
  return next;
}

void FeedScheduler::FetchOne(Source& source, std::unique_lock<std::mutex>& lock,
                             const std::stop_token& stop) {
  source.is_busy = true;
  const SizeCheck size_check = std::exchange(source.size_check, SizeCheck::enforce);
  lock.unlock();
  FetchResult result = source.fetcher.Fetch(clock_.Now(), stop, size_check);
  lock.lock();
  // Before the result is known to anybody, so that the delay runs from the fetch and not from when
  // a full queue had room; but busy until it is delivered, so that results come in order.
  Reschedule(source, result.outcome, result.retry_after);
  lock.unlock();
  if (!stop.stop_requested()) deliver_(std::move(result));
  lock.lock();
  source.is_busy = false;
  if (std::exchange(source.again, false)) source.due = clock_.SteadyNow();
}

void FeedScheduler::Reschedule(Source& source, FetchOutcome outcome,
                               std::optional<std::chrono::seconds> retry_after) {
  const std::chrono::seconds interval = source.fetcher.settings().interval;
  source.failures = outcome == FetchOutcome::unreachable ? source.failures + 1 : 0;
  source.due =
      clock_.SteadyNow() +
      (source.failures == 0 ? DelayAfterSuccess(interval, Random())
                            : DelayAfterFailure(interval, source.failures, retry_after, Random()));
}

double FeedScheduler::Random() {
  return std::uniform_real_distribution<double>(0, 1)(random_);
}

}  // namespace agent::feeds
