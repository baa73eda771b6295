// What people keep from being blocked, themselves: one adds, two remove.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/allowlist_effects.h"
#include "agent/own_allowlist.h"
#include "tests/agent/engine_fixture.h"

namespace agent {
namespace {

using policy::AllowEffect;
using policy::ErrorCode;
using std::chrono::hours;
using Lines = std::vector<std::string>;

class EngineAllowlistTest : public EngineFixture {
 protected:
  void SetUp() override {
    EngineFixture::SetUp();
    TakeAllowlist({"github.com"});
  }

  static store::AllowEntry Entry(const std::string& line, AllowEffect effect = AllowEffect::never,
                                 std::optional<policy::TimePoint> expires = std::nullopt) {
    store::AllowEntry entry{.entry = EntryFor(Line(line), true).value(), .effect = effect};
    entry.entry.note = std::make_shared<const policy::AllowNote>(
        policy::AllowNote{"web team", "our shop", expires});
    entry.added_by = "alice";
    return entry;
  }
  policy::Result<store::AllowEntry> Add(const store::AllowEntry& entry) {
    auto added = engine_->AddAllowEntry(entry);
    engine_->Settle();
    return added;
  }
  policy::Result<store::AllowEntry> Remove(std::int64_t id, const std::string& person) {
    auto removed = engine_->RemoveAllowEntry(id, person, "sold");
    engine_->Settle();
    return removed;
  }
  std::vector<store::AllowEntry> Open() {
    return store_->Read().value()->OpenAllowEntries().value();
  }
  AllowlistEffects Effects(const store::AllowEntry& changed,
                           const std::vector<store::AllowEntry>& then) {
    const auto world = engine_->world();
    const auto other =
        WithAllowlist(*world, OwnListOf(changed.effect).name, ContentOf(then, changed.effect));
    auto reader = store_->Read().value();
    return EffectsOf(*world, other, changed.entry, *reader, {}, clock_.Now()).value();
  }
  static Lines LinesOf(const AllowlistEffects::Some& some) {
    Lines lines;
    for (const auto& each : some.first) lines.push_back(policy::LineOf(each));
    EXPECT_EQ(lines.size(), some.total);
    return lines;
  }
};

TEST_F(EngineAllowlistTest, WhatOnePersonAddsLeavesTheDevicesAndTheQueueAndStaysOutOverARestart) {
  TakeFeed({"domain evil.example", "domain shop.example", "domain www.shop.example"});
  ASSERT_TRUE(Approve("\"www.shop\""));
  ASSERT_EQ(Published("dns"), "domain www.shop.example\n");
  ASSERT_TRUE(Add(Entry("domain shop.example")));
  EXPECT_EQ(Published("dns"), "");
  EXPECT_EQ(Pending(), Lines{"domain evil.example"});
  EXPECT_FALSE(engine_->ProposeByPerson(Line("domain shop.example"), "bob", "bad", std::nullopt));

  Restart();
  TakeAllowlist({"github.com"});
  TakeFeed({"domain evil.example", "domain shop.example"});
  EXPECT_EQ(Pending(), Lines{"domain evil.example"});
  EXPECT_EQ(Told("domain shop.example"), (Lines{"alice allowlist.change", "policy withdraw"}));
  EXPECT_TRUE(HistoryVerifies());
}

TEST_F(EngineAllowlistTest, NoVoteCountsAgainstAnEntryFromTheMomentThatItIsAdded) {
  TakeFeed({"domain shop.example"});
  ASSERT_TRUE(engine_->AddAllowEntry(Entry("domain shop.example")));
  const auto report = Approve("shop");
  EXPECT_TRUE(!report || report->decided == 0) << "nothing was assessed since";
  EXPECT_EQ(Published("dns"), "");
}

TEST_F(EngineAllowlistTest, Z4_RemovingAnEntryTakesASecondPerson) {
  TakeFeed({"domain shop.example"});
  ASSERT_TRUE(Add(Entry("domain shop.example")));
  ASSERT_TRUE(Pending().empty());
  const auto asked = Remove(1, "bob");
  ASSERT_TRUE(asked) << asked.error().detail;
  EXPECT_EQ(asked->asked_by, "bob");
  EXPECT_EQ(Remove(1, "bob").error().code, ErrorCode::not_allowed);
  EXPECT_TRUE(Pending().empty()) << "one person is not enough";
  const auto removed = Remove(1, "carol");
  ASSERT_TRUE(removed) << removed.error().detail;
  EXPECT_EQ(removed->ended_by, "carol");
  EXPECT_EQ(Pending(), Lines{"domain shop.example"}) << "people decide on it again";
  EXPECT_EQ(Published("dns"), "") << "it is not in force by itself";
  EXPECT_EQ(Remove(1, "carol").error().code, ErrorCode::not_found);
  EXPECT_TRUE(HistoryVerifies());
}

TEST_F(EngineAllowlistTest, Z7_WhoAskedForARemovalAsksNoMoreOnceTheRoleChangedOrAWeekWentBy) {
  ASSERT_TRUE(Add(Entry("domain shop.example")));
  ASSERT_TRUE(Remove(1, "bob"));
  EXPECT_EQ(store_->Read().value()->OpenActs().value(),
            (std::vector<store::OpenActOf>{{"bob", store::OpenAct::allow_removal}}));
  ASSERT_TRUE(engine_->Write([](store::Transaction& transaction, const auto&) {
    return transaction.ClearOpenActs({"bob", store::OpenAct::allow_removal}, "left").map([](auto) {
    });
  }));
  EXPECT_FALSE(Remove(1, "carol")->ended_at) << "now it is carol who asks";
  Pass(hours(24 * 7));
  EXPECT_FALSE(Remove(1, "dave")->ended_at) << "carol asked too long ago";
  EXPECT_TRUE(Remove(1, "carol")->ended_at);
}

TEST_F(EngineAllowlistTest, AnEntryEndsByItselfWhenItsTimeHasCome) {
  TakeFeed({"domain shop.example"});
  ASSERT_TRUE(Add(Entry("domain shop.example", AllowEffect::never, clock_.Now() + hours(2))));
  Pass(hours(1));
  EXPECT_TRUE(Pending().empty());
  Pass(hours(1));
  EXPECT_EQ(Pending(), Lines{"domain shop.example"});
  EXPECT_TRUE(Open().empty());
  Restart();
  EXPECT_TRUE(Open().empty());
  EXPECT_TRUE(HistoryVerifies());
}

TEST_F(EngineAllowlistTest, AnEntryThatAddsNothingIsAConflictAndOneThatLastsLongerIsNot) {
  ASSERT_TRUE(Add(Entry("domain shop.example", AllowEffect::never, clock_.Now() + hours(2))));
  const auto shorter =
      Add(Entry("domain shop.example", AllowEffect::never, clock_.Now() + hours(1)));
  ASSERT_FALSE(shorter);
  EXPECT_EQ(shorter.error().code, ErrorCode::conflict);
  EXPECT_TRUE(Add(Entry("domain shop.example")));
  EXPECT_TRUE(Add(Entry("domain shop.example", AllowEffect::review))) << "another effect";
  EXPECT_EQ(Open().size(), 3U);
}

TEST_F(EngineAllowlistTest, AnEntryToReviewBlocksNothingAndTakesTwoPeople) {
  TakeFeed({"domain shop.example"});
  ASSERT_TRUE(Add(Entry("domain shop.example", AllowEffect::review)));
  ASSERT_EQ(Pending("two:yes"), Lines{"domain shop.example"});
  ASSERT_TRUE(Approve("", "alice"));
  EXPECT_EQ(Published("dns"), "");
  ASSERT_TRUE(Approve("", "bob"));
  EXPECT_EQ(Published("dns"), "domain shop.example\n");
}

TEST_F(EngineAllowlistTest, ThePreviewSaysWhatAddingDoes) {
  TakeFeed({"domain evil.example", "domain shop.example", "domain www.shop.example",
            "ip 198.51.100.0/24", "ip 203.0.113.9/32"});
  ASSERT_TRUE(Approve("\"www.shop\""));
  const auto domain = Entry("domain shop.example");
  auto effects = Effects(domain, {domain});
  EXPECT_EQ(LinesOf(effects.leaving), Lines{"domain www.shop.example"});
  EXPECT_EQ(LinesOf(effects.withdrawn), Lines{"domain shop.example"});
  EXPECT_EQ(effects.needing_two.total + effects.proposed.total, 0U);

  const auto review = Entry("domain shop.example", AllowEffect::review);
  effects = Effects(review, {review});
  EXPECT_EQ(effects.leaving.total + effects.withdrawn.total, 0U);
  EXPECT_EQ(LinesOf(effects.needing_two), Lines{"domain shop.example"});

  const auto address = Entry("ip 198.51.100.128/25");
  effects = Effects(address, {address});
  EXPECT_EQ(LinesOf(effects.withdrawn), Lines{"ip 198.51.100.0/24"});
  EXPECT_EQ(LinesOf(effects.proposed), Lines{"ip 198.51.100.0/25"}) << "what is left of it";
  EXPECT_EQ(Published("dns"), "domain www.shop.example\n") << "a preview changes nothing";
}

TEST_F(EngineAllowlistTest, ThePreviewOfARemovalIsWhatThenHappens) {
  TakeFeed({"domain shop.example", "url http://www.shop.example/a", "domain other.example"});
  ASSERT_TRUE(Add(Entry("domain shop.example")));
  const auto before = Pending();
  const auto effects = Effects(Open().front(), {});
  const Lines proposed = LinesOf(effects.proposed);
  EXPECT_EQ(effects.leaving.total + effects.withdrawn.total, 0U);
  ASSERT_TRUE(Remove(1, "bob"));
  ASSERT_TRUE(Remove(1, "carol"));
  Lines then = before;
  then.insert(then.end(), proposed.begin(), proposed.end());
  std::sort(then.begin(), then.end());
  EXPECT_EQ(Pending(), then);
  EXPECT_GE(proposed.size(), 2U);
}

TEST(OwnAllowlistTest, TakesNoEntryThatWouldExcuseStrangers) {
  const auto suffixes = policy::PublicSuffixList::Parse("com\nexample\ngithub.io\n").value();
  const auto check = [&](const char* line, bool subtree) {
    return CheckEntry(EntryFor(Line(line), subtree).value(), suffixes).has_value();
  };
  EXPECT_TRUE(check("domain shop.example", true));
  EXPECT_FALSE(check("domain github.io", true));
  EXPECT_TRUE(check("domain github.io", false));
  EXPECT_TRUE(check("ip 198.0.0.0/8", false));
  EXPECT_FALSE(check("ip 198.0.0.0/7", false));
  EXPECT_FALSE(check("ip 2001::/16", false));
  EXPECT_FALSE(EntryFor(Line("url http://shop.example/a"), false));
}

}  // namespace
}  // namespace agent
