// What the block history tells of allowlists.
#include "agent/allowlist_audit.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "agent/engine.h"
#include "agent/history/entry.h"
#include "agent/queue/filter.h"
#include "agent/store/sqlite_store.h"
#include "policy/digest.h"
#include "tests/platform/temporary_folder.h"

namespace agent {
namespace {

using std::chrono::hours;
using Json = nlohmann::json;

constexpr policy::TimePoint start{std::chrono::seconds(1'790'000'000)};

policy::AllowEntry Entry(const std::string& name,
                         std::optional<policy::TimePoint> expires = std::nullopt) {
  return {policy::Domain::Parse(name).value(), true,
          std::make_shared<const policy::AllowNote>(
              policy::AllowNote{"web team", "our shop", expires})};
}

policy::ParsedAllowlist List(const std::vector<policy::AllowEntry>& entries) {
  return {entries, {}};
}

TEST(AllowlistChange, CountsAndShowsWhatCameAndWent) {
  const auto before = List({Entry("a.example"), Entry("b.example")});
  const auto after = List({Entry("b.example"), Entry("c.example"), Entry("c.example")});
  const Json told = Json::parse(DescribeAllowlistChange(&before, after, {}));
  const std::string note = " (with its subtree; web team: our shop)";
  EXPECT_EQ(told["entries"], 2);
  EXPECT_EQ(told["added"], 1);
  EXPECT_EQ(told["added_examples"], Json::array({"c.example" + note}));
  EXPECT_EQ(told["removed_examples"], Json::array({"a.example" + note}));
  EXPECT_EQ(told["expired"], 0);
  EXPECT_EQ(told["entries_sha256"],
            policy::ToHex(policy::Sha256Of("b.example" + note + "\nc.example" + note + "\n")));
}

TEST(AllowlistChange, OfANoteIsAChange) {
  const auto before = List({Entry("a.example")});
  const auto after = List({Entry("a.example", start)});
  const Json told = Json::parse(DescribeAllowlistChange(&before, after, {}));
  EXPECT_EQ(told["added"], 1);
  EXPECT_EQ(told["removed"], 1);
}

TEST(AllowlistChange, IsNothingWhereOnlyTheOrderChanged) {
  const auto before = List({Entry("a.example"), Entry("b.example")});
  const auto after = List({Entry("b.example"), Entry("a.example")});
  EXPECT_EQ(DescribeAllowlistChange(&before, after, {}), "");
}

TEST(AllowlistChange, ShowsNoMoreThanAFewExamples) {
  std::vector<policy::AllowEntry> entries;
  for (int i = 0; i < 10'000; ++i) entries.push_back(Entry("a" + std::to_string(i) + ".example"));
  const std::string told = DescribeAllowlistChange(nullptr, List(entries), {});
  EXPECT_EQ(Json::parse(told)["added"], 10'000);
  EXPECT_EQ(Json::parse(told)["added_examples"].size(), 20U);
  EXPECT_LT(told.size(), 4096U);
}

policy::Confidence Percent(int percent) {
  return policy::Confidence::FromPercent(percent).value();
}

EngineSettings Settings() {
  EngineSettings settings{.policy = {.version = "1",
                                     .confidence_min = Percent(50),
                                     .ages = {.domain = hours(24 * 30),
                                              .ip = hours(24 * 14),
                                              .url = hours(24 * 7)},
                                     .lifetime_default = hours(24 * 7),
                                     .lifetime_max = hours(24 * 90)},
                          .queue = {hours(24 * 90), hours(24 * 7), hours(24 * 30)},
                          .lists = {{"dns", {policy::IndicatorKind::domain}}}};
  settings.world.feeds = {{{"urlhaus", "abuse.ch", Percent(90), Percent(90)}, true}};
  settings.world.allowlists = {
      {{"assets", policy::AllowCategory::own_infrastructure, policy::AllowEffect::never}}};
  return settings;
}

class AllowlistAuditTest : public ::testing::Test {
 protected:
  void SetUp() override { Open(); }

  void Open() {
    engine_.reset();
    history_.reset();
    store_.reset();
    store_ = store::OpenSqlite(folder_ / "sekisho.db").value();
    auto opened = history::HistoryWriter::Open(*store_, "test.example/history",
                                               platform::SigningKey::FromPem(pem_).value());
    ASSERT_TRUE(opened) << opened.error().detail;
    history_ = std::move(*opened);
    publication_ = std::make_unique<publish::Publication>();
    auto engine = Engine::Start(Settings(), suffixes_, *store_, *history_, *publication_, clock_);
    ASSERT_TRUE(engine) << engine.error().detail;
    engine_ = std::move(*engine);
  }

  void Take(const std::vector<policy::AllowEntry>& entries,
            feeds::FetchOutcome outcome = feeds::FetchOutcome::accepted) {
    const auto list = std::make_shared<const policy::ParsedAllowlist>(List(entries));
    feeds::FetchResult result{feeds::SourceKind::allowlist, "assets", outcome, "", clock_.Now()};
    result.parsed = feeds::ParsedSource{list, {}, 0};
    engine_->TakeFetch(std::move(result));
    engine_->Settle();
  }

  void TakeFeed(const std::string& name) {
    auto snapshot = std::make_shared<feeds::FeedSnapshot>();
    snapshot->observations.push_back({.indicator = policy::Domain::Parse(name).value(),
                                      .first_seen = clock_.Now(),
                                      .last_seen = clock_.Now()});
    feeds::FetchResult result{feeds::SourceKind::feed, "urlhaus", feeds::FetchOutcome::accepted, "",
                              clock_.Now()};
    result.parsed =
        feeds::ParsedSource{std::shared_ptr<const feeds::FeedSnapshot>(snapshot), {}, 0};
    engine_->TakeFetch(std::move(result));
    engine_->Settle();
  }

  std::size_t Pending() {
    std::size_t count = 0;
    auto reader = store_->Read().value();
    EXPECT_TRUE(reader->ForEachProposal(queue::ParseFilter("").value(), [&](const auto&) {
      ++count;
      return true;
    }));
    return count;
  }

  // The details of all entries of an action.
  std::vector<Json> Told(const std::string& action) {
    std::vector<Json> details;
    auto reader = store_->Read().value();
    const std::vector<store::LeafRow> rows = reader->Leaves(0, 1000).value();
    for (const store::LeafRow& row : rows) {
      const auto entry = history::ParseLeaf(row.leaf).value();
      if (entry.action != action) continue;
      EXPECT_EQ(entry.actor, "feed:allowlist:assets");
      details.push_back(Json::parse(entry.detail));
    }
    return details;
  }

  void Pass(std::chrono::seconds time) {
    clock_.Advance(time);
    engine_->Tick();
    engine_->Settle();
  }

  platform::testing::TemporaryFolder folder_;
  std::string pem_ = platform::SigningKey::Generate().value().ToPem().value();
  platform::ManualClock clock_{start};
  std::shared_ptr<const policy::PublicSuffixList> suffixes_ =
      std::make_shared<const policy::PublicSuffixList>(
          policy::PublicSuffixList::Parse("example\ncom\n").value());
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<history::HistoryWriter> history_;
  std::unique_ptr<publish::Publication> publication_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(AllowlistAuditTest, AFetchThatChangesTheListIsRecorded) {
  Take({Entry("a.example")});
  Take({Entry("a.example"), Entry("b.example")});
  Take({Entry("a.example"), Entry("b.example")});
  const auto told = Told("allowlist.change");
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0]["added"], 1);
  EXPECT_EQ(told[1]["added_examples"],
            Json::array({"b.example (with its subtree; web team: our shop)"}));
}

TEST_F(AllowlistAuditTest, WhatWasKeptFromBeforeTheRestartIsNoChange) {
  Take({Entry("a.example")});
  Open();
  Take({Entry("a.example")}, feeds::FetchOutcome::unchanged);
  EXPECT_EQ(Told("allowlist.change").size(), 1U);
  Take({Entry("b.example")});
  const auto told = Told("allowlist.change");
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[1]["removed"], 1);
}

TEST_F(AllowlistAuditTest, AnEntryStopsProtectingWhenItExpiresAndIsReportedOnce) {
  Take({Entry("shop.example", start + hours(1)), Entry("other.example")});
  TakeFeed("shop.example");
  EXPECT_EQ(Pending(), 0U);
  Pass(hours(1));
  Pass(std::chrono::minutes(10));
  EXPECT_EQ(Pending(), 1U);
  const auto told = Told("allowlist.expire");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0]["expired"], 1);
}

TEST_F(AllowlistAuditTest, AnEntryThatHadExpiredWhenItCameProtectsNothing) {
  Take({Entry("shop.example", start), Entry("other.example")});
  TakeFeed("shop.example");
  EXPECT_EQ(Pending(), 1U);
  const auto told = Told("allowlist.change");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0]["entries"], 1);
  EXPECT_EQ(told[0]["expired"], 1);
}

}  // namespace
}  // namespace agent
