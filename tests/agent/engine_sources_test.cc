// What the engine makes of sources that are not there yet, of our own, and of what people do past
// it.

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/agent/engine_fixture.h"

namespace agent {
namespace {

using std::chrono::minutes;

class EngineSourcesTest : public EngineFixture {
 protected:
  void ReopenWithOwnFeed() {
    settings_.world.feeds.push_back(
        {{"ids", "suricata", Percent(90), Percent(90)}, /*is_dated=*/true, /*is_own=*/true});
    Restart();
  }
  void TakeOwn(const std::string& sha256) {
    auto result = ResultOf(feeds::SourceKind::feed, "ids", FeedOf({"domain seen.example"}),
                           feeds::FetchOutcome::accepted);
    result.last_good = feeds::AcceptedFile{.sha256 = sha256};
    engine_->TakeFetch(std::move(result));
    engine_->Settle();
  }
  void FailToFetch(const std::string& name) {
    engine_->TakeFetch({feeds::SourceKind::feed, name, feeds::FetchOutcome::unreachable,
                        "there is no such file", clock_.Now()});
    engine_->Settle();
  }
  std::vector<std::string> Entries(const std::string& words) {
    std::vector<std::string> found;
    const auto leaves = store_->Read().value()->Leaves(0, 1000).value();
    for (const store::LeafRow& leaf : leaves) {
      if (leaf.leaf.find(words) != std::string::npos) found.push_back(leaf.leaf);
    }
    return found;
  }
};

TEST_F(EngineSourcesTest, ProposesNothingBeforeEveryAllowlistWasLoaded) {
  TakeFeed({"url http://github.com/x/y.exe", "domain evil.example"});
  EXPECT_EQ(Pending(), std::vector<std::string>{});
  EXPECT_EQ(engine_->world()->missing_allowlists, std::vector<std::string>{"services"});

  TakeAllowlist({"github.com"});
  EXPECT_EQ(Pending(),
            (std::vector<std::string>{"domain evil.example", "url http://github.com/x/y.exe"}));
  EXPECT_TRUE(engine_->world()->missing_allowlists.empty());
}

TEST_F(EngineSourcesTest, ALogThatNeverWasKeepsNothingFromGoingStale) {
  ReopenWithOwnFeed();
  TakeAllowlist({"github.com"});
  TakeFeed({"domain evil.example", "domain other.example"});
  ASSERT_TRUE(Approve());
  TakeFeed({"domain other.example"});
  EXPECT_EQ(Published("dns"), "domain evil.example\ndomain other.example\n")
      << "until it was looked for, the log may support it";
  FailToFetch("ids");
  EXPECT_EQ(Published("dns"), "domain other.example\n");
}

TEST_F(EngineSourcesTest, AFeedElsewhereThatNeverWasKeepsEverything) {
  settings_.world.feeds.push_back({{"away", "somebody", Percent(90), Percent(90)}, true});
  Restart();
  TakeAllowlist({"github.com"});
  TakeFeed({"domain evil.example", "domain other.example"});
  ASSERT_TRUE(Approve());
  TakeFeed({"domain other.example"});
  FailToFetch("away");
  EXPECT_EQ(Published("dns"), "domain evil.example\ndomain other.example\n");
}

TEST_F(EngineSourcesTest, TheHistoryTellsOfOurOwnLogOnceAnHour) {
  ReopenWithOwnFeed();
  for (int i = 0; i < 5; ++i) {
    TakeOwn("digest-" + std::to_string(i));
    Pass(minutes(10));
  }
  EXPECT_EQ(Entries("\"feed.accepted\"").size(), 1U);
  FailToFetch("ids");
  EXPECT_EQ(Entries("\"feed.unreachable\"").size(), 1U) << "another state is told at once";
  Pass(minutes(10));
  TakeOwn("digest-5");
  Pass(minutes(60));
  TakeOwn("digest-6");
  const auto told = Entries("\"feed.accepted\"");
  ASSERT_EQ(told.size(), 3U);
  EXPECT_NE(told.back().find("digest-6"), std::string::npos);
  EXPECT_TRUE(HistoryVerifies());
}

TEST_F(EngineSourcesTest, RecordsWhatMayBeRepeatedOnce) {
  const history::Act act{"carol", "observe", "push desk r1", R"({"rows":2})"};
  EXPECT_TRUE(engine_->RecordOnce(act));
  EXPECT_TRUE(engine_->RecordOnce(act));
  EXPECT_EQ(Entries("push desk r1").size(), 1U);
  EXPECT_TRUE(engine_->Record({"carol", "feed.accept-size", "", R"({"sources":["urlhaus"]})"}));
  EXPECT_EQ(Entries("\"actor\":\"carol\"").size(), 2U);
}

TEST_F(EngineSourcesTest, ARefusalOfAListThatIsNotWantedAnyMoreIsOnlyRecorded) {
  const publish::DeviceSettings device{"dns1", "dns", "dns1.exporters.test"};
  const std::uint64_t old = publication_->Current("dns")->release;
  TakeAllowlist({"github.com"});
  TakeFeed({"domain evil.example"});
  ASSERT_TRUE(Approve());
  sekisho::v1::Nack nack;
  nack.set_reason("superseded: a newer update came before it began");
  engine_->Refused(device, old, nack);
  engine_->Settle();
  const auto read_nack = [&] { return store_->Read().value()->DeviceStatuses()->front().nack; };
  EXPECT_EQ(read_nack(), "");
  EXPECT_EQ(Entries("\"device.refuse\"").size(), 1U);
  nack.set_reason("the checker says no");
  engine_->Refused(device, publication_->Current("dns")->release, nack);
  engine_->Settle();
  EXPECT_EQ(read_nack(), "the checker says no");
}

}  // namespace
}  // namespace agent
