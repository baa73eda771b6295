#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "agent/engine.h"
#include "agent/store/sqlite_store.h"
#include "platform/clock.h"
#include "tests/platform/temporary_folder.h"

namespace agent {

inline constexpr policy::TimePoint start{std::chrono::seconds(1'790'000'000)};

inline policy::Confidence Percent(int percent) {
  return policy::Confidence::FromPercent(percent).value();
}

// An engine over a real store and history, with a clock that the test turns: one feed, "urlhaus",
// and one allowlist, "services".
class EngineFixture : public ::testing::Test {
 protected:
  void SetUp() override { Open(); }

  void Open() {
    store_ = store::OpenSqlite(folder_ / "sekisho.db").value();
    auto opened = history::HistoryWriter::Open(*store_, "test.example/history",
                                               platform::SigningKey::FromPem(pem_).value());
    ASSERT_TRUE(opened) << opened.error().detail;
    history_ = std::move(*opened);
    publication_ = std::make_unique<publish::Publication>();
    auto engine = Engine::Start(settings_, suffixes_, *store_, *history_, *publication_, clock_);
    ASSERT_TRUE(engine) << engine.error().detail;
    engine_ = std::move(*engine);
  }
  void Close() {
    engine_.reset();
    history_.reset();
    store_.reset();
  }
  void Restart() {
    Close();
    Open();
  }

  feeds::FetchResult ResultOf(feeds::SourceKind kind, const std::string& name,
                              feeds::SourceContent content, feeds::FetchOutcome outcome) {
    feeds::FetchResult result{kind, name, outcome, "", clock_.Now()};
    result.parsed = feeds::ParsedSource{std::move(content), {}, 0};
    return result;
  }

  void Take(feeds::SourceKind kind, const std::string& name, feeds::SourceContent content,
            feeds::FetchOutcome outcome = feeds::FetchOutcome::accepted) {
    engine_->TakeFetch(ResultOf(kind, name, std::move(content), outcome));
    engine_->Settle();
  }

  void Pass(std::chrono::seconds time) {
    // In steps, as a running clock does, so that it is no jump.
    clock_.Advance(time);
    engine_->Tick();
    engine_->Settle();
  }

  static EngineSettings Settings() {
    EngineSettings settings{.policy = {.version = "1",
                                       .confidence_min = Percent(50),
                                       .ages = {.domain = std::chrono::hours(24 * 30),
                                                .ip = std::chrono::hours(24 * 14),
                                                .url = std::chrono::hours(24 * 7)},
                                       .lifetime_default = std::chrono::hours(24 * 7),
                                       .lifetime_max = std::chrono::hours(24 * 90)},
                            .queue = {std::chrono::hours(24 * 90), std::chrono::hours(24 * 7),
                                      std::chrono::hours(24 * 30)},
                            .lists = {{"dns", {policy::IndicatorKind::domain}},
                                      {"firewall", {policy::IndicatorKind::ip}},
                                      {"proxy",
                                       {policy::IndicatorKind::domain, policy::IndicatorKind::ip,
                                        policy::IndicatorKind::url}}}};
    settings.world.feeds = {{{"urlhaus", "abuse.ch", Percent(90), Percent(90)}, true}};
    settings.world.allowlists = {
        {{"services", policy::AllowCategory::hosting, policy::AllowEffect::url_only}}};
    return settings;
  }

  platform::testing::TemporaryFolder folder_;
  std::string pem_ = platform::SigningKey::Generate().value().ToPem().value();
  platform::ManualClock clock_{start};
  EngineSettings settings_ = Settings();
  std::shared_ptr<const policy::PublicSuffixList> suffixes_ =
      std::make_shared<const policy::PublicSuffixList>(
          policy::PublicSuffixList::Parse("com\nexample\norg\nio\ngithub.io\n").value());
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<history::HistoryWriter> history_;
  std::unique_ptr<publish::Publication> publication_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace agent
