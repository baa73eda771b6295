// What the block history tells of allowlists.
#include "agent/allowlist_audit.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "agent/history/entry.h"
#include "agent/queue/filter.h"
#include "tests/agent/engine_fixture.h"

namespace agent {
namespace {

using std::chrono::hours;
using Json = nlohmann::json;

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

class AllowlistAuditTest : public EngineFixture {
 protected:
  AllowlistAuditTest() {
    settings_.world.allowlists = {
        {{"assets", policy::AllowCategory::own_infrastructure, policy::AllowEffect::never}}};
  }

  void TakeAssets(const std::vector<policy::AllowEntry>& entries,
                  feeds::FetchOutcome outcome = feeds::FetchOutcome::accepted) {
    Take(feeds::SourceKind::allowlist, "assets",
         std::make_shared<const policy::ParsedAllowlist>(List(entries)), outcome);
  }

  void TakeFeed(const std::string& name) {
    auto snapshot = std::make_shared<feeds::FeedSnapshot>();
    snapshot->observations.push_back({.indicator = policy::Domain::Parse(name).value(),
                                      .first_seen = clock_.Now(),
                                      .last_seen = clock_.Now()});
    Take(feeds::SourceKind::feed, "urlhaus", std::shared_ptr<const feeds::FeedSnapshot>(snapshot));
  }

  std::size_t Pending() {
    std::size_t count = 0;
    auto reader = store_->Read().value();
    EXPECT_TRUE(reader->ForEachProposal(queue::ParseFilter("", {}).value(), [&](const auto&) {
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
};

TEST_F(AllowlistAuditTest, AFetchThatChangesTheListIsRecorded) {
  TakeAssets({Entry("a.example")});
  TakeAssets({Entry("a.example"), Entry("b.example")});
  TakeAssets({Entry("a.example"), Entry("b.example")});
  const auto told = Told("allowlist.change");
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0]["added"], 1);
  EXPECT_EQ(told[1]["added_examples"],
            Json::array({"b.example (with its subtree; web team: our shop)"}));
}

TEST_F(AllowlistAuditTest, WhatWasKeptFromBeforeTheRestartIsNoChange) {
  TakeAssets({Entry("a.example")});
  Restart();
  TakeAssets({Entry("a.example")}, feeds::FetchOutcome::unchanged);
  EXPECT_EQ(Told("allowlist.change").size(), 1U);
  TakeAssets({Entry("b.example")});
  const auto told = Told("allowlist.change");
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[1]["removed"], 1);
}

TEST_F(AllowlistAuditTest, AnEntryStopsProtectingWhenItExpiresAndIsReportedOnce) {
  TakeAssets({Entry("shop.example", start + hours(1)), Entry("other.example")});
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
  TakeAssets({Entry("shop.example", start), Entry("other.example")});
  TakeFeed("shop.example");
  EXPECT_EQ(Pending(), 1U);
  const auto told = Told("allowlist.change");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0]["entries"], 1);
  EXPECT_EQ(told[0]["expired"], 1);
}

}  // namespace
}  // namespace agent
