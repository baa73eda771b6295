#include "agent/fetching.h"

#include <algorithm>
#include <random>
#include <utility>

#include "agent/feeds/pushed.h"
#include "platform/log.h"

namespace agent {
namespace {

using feeds::SourceKind;
using policy::ErrorCode;
using policy::Fail;
using policy::Result;

std::string Key(bool is_allowlist, const std::string& name) {
  return (is_allowlist ? "allowlist:" : "feed:") + name;
}

}  // namespace

Result<std::unique_ptr<Fetching>> Fetching::Start(const std::vector<feeds::SourceSettings>& sources,
                                                  const std::filesystem::path& data_dir,
                                                  platform::HttpClient& client,
                                                  const platform::Clock& clock, Engine& engine) {
  std::unique_ptr<Fetching> fetching(new Fetching(engine));
  std::vector<feeds::FeedFetcher> fetchers;
  std::vector<feeds::FetchResult> kept;
  for (const feeds::SourceSettings& source : sources) {
    auto fetcher = feeds::FeedFetcher::Open(source, data_dir, client);
    if (!fetcher) return tl::unexpected(fetcher.error());
    if (auto last_good = fetcher->LoadLastGood()) {
      kept.push_back(std::move(*last_good));
    } else if (last_good.error().code != ErrorCode::not_found) {
      platform::Warn("{}: {}; it is fetched anew", source.name, last_good.error().detail);
    }
    if (fetcher->spool()) fetching->spools_[source.name] = fetcher->spool();
    fetching->sources_.push_back(
        {source.name, source.url_secrets.shown_url(), source.kind == SourceKind::allowlist});
    fetchers.push_back(std::move(*fetcher));
  }
  engine.TakeKept(std::move(kept));
  feeds::SchedulerOptions options;
  options.seed = std::random_device()();
  Fetching& running = *fetching;
  fetching->scheduler_ = std::make_unique<feeds::FeedScheduler>(
      std::move(fetchers), clock,
      [&running](feeds::FetchResult result) { running.Deliver(std::move(result)); }, options);
  fetching->scheduler_->Start();
  return fetching;
}

Fetching::~Fetching() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    changed_.notify_all();
  }
  if (scheduler_) scheduler_->Stop();
}

void Fetching::Deliver(feeds::FetchResult result) {
  const std::string key = Key(result.kind == SourceKind::allowlist, result.source);
  if (!result.detail.empty()) {
    platform::Warn("{}: {}: {}", key, feeds::Name(result.outcome), result.detail);
  }
  engine_.TakeFetch(std::move(result));
  const std::lock_guard lock(mutex_);
  ++fetched_[key];
  changed_.notify_all();
}

Result<std::vector<const api::FeedSource*>> Fetching::Select(
    const std::vector<std::string>& names) const {
  std::vector<const api::FeedSource*> chosen;
  for (const api::FeedSource& source : sources_) {
    const bool is_named = std::find(names.begin(), names.end(), source.name) != names.end();
    if (names.empty() || is_named) chosen.push_back(&source);
  }
  for (const std::string& name : names) {
    const bool is_known = std::any_of(sources_.begin(), sources_.end(),
                                      [&](const auto& source) { return source.name == name; });
    if (!is_known) return Fail(ErrorCode::not_found, "there is no feed \"" + name + "\"");
  }
  return chosen;
}

Result<void> Fetching::Refresh(const std::vector<std::string>& names, RefreshOptions options) {
  const auto size_check = options.accept_size ? feeds::SizeCheck::waive : feeds::SizeCheck::enforce;
  auto chosen = Select(names);
  if (!chosen) return tl::unexpected(chosen.error());
  std::map<std::string, std::uint64_t> awaited;
  for (const api::FeedSource* source : *chosen) {
    const std::string key = Key(source->is_allowlist, source->name);
    {
      const std::lock_guard lock(mutex_);
      awaited[key] = fetched_[key] + 1;
    }
    auto started = scheduler_->RefreshNow(
        source->is_allowlist ? SourceKind::allowlist : SourceKind::feed, source->name, size_check);
    if (!started) return started;
  }
  if (!options.wait) return {};
  {
    std::unique_lock lock(mutex_);
    // Each fetch has its own deadline, so this ends.
    changed_.wait(lock, [&] {
      return is_stopping_ || std::all_of(awaited.begin(), awaited.end(), [&](const auto& each) {
               return fetched_[each.first] >= each.second;
             });
    });
    if (is_stopping_) return Fail(ErrorCode::unavailable, "the agent is stopping");
  }
  engine_.Settle();
  return {};
}

Result<api::FeedControl::Taken> Fetching::TakePush(const std::string& feed, const Push& push) {
  const auto chosen = Select({feed});
  if (!chosen) return tl::unexpected(chosen.error());
  const auto spool = spools_.find(feed);
  if (spool == spools_.end()) {
    return Fail(ErrorCode::not_allowed, "the feed \"" + feed +
                                            "\" is fetched; only feeds of the format push take "
                                            "observations from callers");
  }
  std::string lines;
  for (const feeds::PushedRow& row : push.rows) lines += feeds::LineOf(row);
  const auto taken = spool->second->Append({push.request_id, push.fingerprint}, lines);
  if (!taken) return tl::unexpected(taken.error());
  // It is safe already; the next regular round would take it in as well.
  if (auto started = scheduler_->RefreshNow(SourceKind::feed, feed); !started) {
    platform::Warn("{}: {}", feed, started.error().detail);
  }
  return *taken == feeds::Spool::Taken::now ? Taken::now : Taken::before;
}

}  // namespace agent
