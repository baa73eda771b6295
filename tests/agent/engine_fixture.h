#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/engine.h"
#include "agent/history/entry.h"
#include "agent/history/verifier.h"
#include "agent/queue/filter.h"
#include "agent/store/sqlite_store.h"
#include "platform/clock.h"
#include "tests/platform/temporary_folder.h"

namespace agent {

inline constexpr policy::TimePoint start{std::chrono::seconds(1'790'000'000)};

inline policy::Confidence Percent(int percent) {
  return policy::Confidence::FromPercent(percent).value();
}

inline policy::Indicator Line(const std::string& line) {
  return policy::ParseLine(line).value();
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

  static feeds::SourceContent AllowlistOf(const std::vector<std::string>& names) {
    auto list = std::make_shared<policy::ParsedAllowlist>();
    for (const std::string& name : names) {
      if (auto prefix = policy::IpPrefix::Parse(name)) {
        list->entries.push_back({*prefix, true});
      } else {
        list->entries.push_back({policy::Domain::Parse(name).value(), true});
      }
    }
    return std::shared_ptr<const policy::ParsedAllowlist>(list);
  }
  feeds::SourceContent FeedOf(const std::vector<std::string>& lines,
                              std::chrono::seconds age = std::chrono::hours(1)) {
    auto snapshot = std::make_shared<feeds::FeedSnapshot>();
    for (const std::string& line : lines) {
      snapshot->observations.push_back({.indicator = Line(line),
                                        .first_seen = clock_.Now() - age,
                                        .last_seen = clock_.Now() - age});
    }
    std::sort(snapshot->observations.begin(), snapshot->observations.end(),
              [](const auto& one, const auto& other) { return one.indicator < other.indicator; });
    return std::shared_ptr<const feeds::FeedSnapshot>(snapshot);
  }
  void TakeAllowlist(const std::vector<std::string>& names) {
    Take(feeds::SourceKind::allowlist, "services", AllowlistOf(names));
  }
  void TakeFeed(const std::vector<std::string>& lines,
                std::chrono::seconds age = std::chrono::hours(1)) {
    Take(feeds::SourceKind::feed, "urlhaus", FeedOf(lines, age));
  }

  Selection All(const std::string& filter = "") {
    Selection selection;
    selection.query = queue::ParseFilter(filter, {}).value();
    return selection;
  }
  policy::Result<DecideReport> Approve(const std::string& filter = "",
                                       const std::string& voter = "alice") {
    return engine_->Decide(All(filter), {voter, store::Verdict::approve, "seen in our logs"},
                           false);
  }
  std::vector<std::string> Pending(const std::string& filter = "") {
    std::vector<std::string> lines;
    auto reader = store_->Read().value();
    EXPECT_TRUE(reader->ForEachProposal(queue::ParseFilter(filter, {}).value(), [&](const auto& p) {
      lines.push_back(policy::LineOf(p.target));
      return true;
    }));
    std::sort(lines.begin(), lines.end());
    return lines;
  }
  // Every open proposal with all that people are shown of it.
  std::vector<std::string> Queue() {
    std::vector<std::string> lines;
    auto reader = store_->Read().value();
    EXPECT_TRUE(reader->ForEachProposal(queue::ParseFilter("", {}).value(), [&](const auto& p) {
      lines.push_back(policy::LineOf(p.target) + ' ' + policy::ToHex(p.digest) + ' ' +
                      std::to_string(p.confidence) + ' ' + p.reason_codes + ' ' + p.reasons + ' ' +
                      p.evidence);
      return true;
    }));
    std::sort(lines.begin(), lines.end());
    return lines;
  }
  std::string Published(const std::string& list) {
    const auto state = publication_->Current(list);
    return state ? state->list->text() : "(never published)";
  }
  // The actions that the history has of it, with who did each, oldest first.
  std::vector<std::string> Told(const std::string& line) {
    std::vector<std::string> actions;
    const auto leaves = store_->Read().value()->LeavesAbout(line, 0, 100).value();
    for (const auto& leaf : leaves) {
      const auto entry = history::ParseLeaf(leaf.leaf).value();
      actions.push_back(entry.actor + " " + entry.action);
    }
    return actions;
  }
  bool HistoryVerifies() {
    auto reader = store_->Read().value();
    const auto key = history::VerifierKey::From(
        "test.example/history", platform::SigningKey::FromPem(pem_).value().public_key());
    const auto report = history::VerifyStore(*reader, {key.value()});
    return report && report->ok;
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
