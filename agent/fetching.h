#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "agent/api/feed_control.h"
#include "agent/engine.h"
#include "agent/feeds/scheduler.h"
#include "platform/clock.h"
#include "platform/http_client.h"

namespace agent {

// Keeps every feed and allowlist coming: hands the engine the last good content at the start, and
// what each fetch brings after that.
class Fetching final : public api::FeedControl {
 public:
  // Hands over the last good content before it returns. Everything given has to outlive it.
  static policy::Result<std::unique_ptr<Fetching>> Start(
      const std::vector<feeds::SourceSettings>& sources, const std::filesystem::path& data_dir,
      platform::HttpClient& client, const platform::Clock& clock, Engine& engine);
  ~Fetching() override;

  std::vector<api::FeedSource> Sources() const override { return sources_; }
  policy::Result<void> Refresh(const std::vector<std::string>& names,
                               RefreshOptions options) override;
  policy::Result<Taken> TakePush(const std::string& feed, const Push& push) override;

 private:
  explicit Fetching(Engine& engine) : engine_(engine) {}
  void Deliver(feeds::FetchResult result);
  policy::Result<std::vector<const api::FeedSource*>> Select(
      const std::vector<std::string>& names) const;

  Engine& engine_;
  std::vector<api::FeedSource> sources_;
  std::map<std::string, std::shared_ptr<feeds::Spool>> spools_;  // by feed
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::uint64_t> fetched_;  // how often, by Key
  bool is_stopping_ = false;
  std::unique_ptr<feeds::FeedScheduler> scheduler_;
};

}  // namespace agent
