#include "agent/store/store.h"

#include <sstream>
#include <thread>

#include "tests/agent/store_fixture.h"

namespace agent::store {
namespace {

using policy::ErrorCode;
using policy::IndicatorKind;

// In force: [1,3) a; [2,..) b; waiting c; [3,..) d; [1,2) e; f removed before it was ever added.
class StoreBlocksTest : public StoreTest {
 protected:
  StoreBlocksTest() {
    Commit([this](Transaction& transaction) {
      Put(transaction, "domain a.example", 1, 3);
      Put(transaction, "domain b.example", 2, std::nullopt);
      Put(transaction, "domain c.example", std::nullopt, std::nullopt);
      Put(transaction, "domain d.example", 3, std::nullopt);
      Put(transaction, "domain e.example", 1, 2);
      Put(transaction, "domain f.example", std::nullopt, 2);
    });
  }
  static void Put(Transaction& transaction, const char* line, std::optional<std::uint64_t> added,
                  std::optional<std::uint64_t> removed) {
    Block block = SomeBlock(line);
    block.added_release = added;
    block.removed_release = removed;
    ASSERT_TRUE(transaction.PutBlock(block));
  }
  static std::string Letters(const std::vector<Block>& blocks) {
    std::string letters;
    for (const Block& block : blocks) letters += policy::TextOf(block.target)[0];
    return letters;
  }
  std::string LettersAt(std::uint64_t release) {
    std::vector<Block> blocks;
    EXPECT_TRUE(Read()->ForEachBlockAt(release, [&blocks](const Block& block) {
      blocks.push_back(block);
      return true;
    }));
    return Letters(blocks);
  }
};

TEST_P(StoreBlocksTest, ThePastListOfEachRelease) {
  EXPECT_EQ(LettersAt(0), "");
  EXPECT_EQ(LettersAt(1), "ae");
  EXPECT_EQ(LettersAt(2), "ab");
  EXPECT_EQ(LettersAt(3), "bd");
  EXPECT_EQ(LettersAt(99), "bd");
}

TEST_P(StoreBlocksTest, AnyDeltaIsTheDifferenceOfItsTwoLists) {
  for (std::uint64_t from = 0; from <= 4; ++from) {
    for (std::uint64_t to = 0; to <= 4; ++to) {
      const std::string before = LettersAt(from);
      const std::string after = LettersAt(to);
      const auto change = Read()->BlocksBetween(from, to).value();
      std::string added;
      std::string removed;
      for (const char c : after) {
        if (before.find(c) == before.npos) added += c;
      }
      for (const char c : before) {
        if (after.find(c) == after.npos) removed += c;
      }
      EXPECT_EQ(Letters(change.added), added) << from << " to " << to;
      EXPECT_EQ(Letters(change.removed), removed) << from << " to " << to;
    }
  }
}

TEST_P(StoreBlocksTest, ListsAndCountsWhatIsLive) {
  std::vector<Block> live;
  ASSERT_TRUE(Read()->ForEachLiveBlock([&live](const Block& block) {
    live.push_back(block);
    return true;
  }));
  EXPECT_EQ(Letters(live), "bcd");
  EXPECT_EQ(Read()->CountBlocks(false).value(), 3U);
  EXPECT_EQ(Read()->CountBlocks(true).value(), 6U);
  EXPECT_EQ(Letters(Read()->ListBlocks(false, 0, 2).value()), "bc");
  EXPECT_EQ(Letters(Read()->ListBlocks(false, 3, 2).value()), "d");
  EXPECT_EQ(Letters(Read()->ListBlocks(true, 1, 3).value()), "bcd");
}

TEST_P(StoreBlocksTest, GivesBackABlockAsItWasPut) {
  Block block = SomeBlock("url http://evil.example/");
  block.manual = true;
  block.removed_because = "revoked by alice";
  std::int64_t id = 0;
  Commit([&](Transaction& transaction) { id = transaction.PutBlock(block).value(); });
  block.id = id;
  block.added_release = 4;
  Commit([&](Transaction& transaction) { EXPECT_EQ(transaction.PutBlock(block).value(), id); });
  const auto found = Read()->FindBlock(id).value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->proposal_id, block.proposal_id);
  EXPECT_EQ(found->target, block.target);
  EXPECT_EQ(found->digest, block.digest);
  EXPECT_EQ(found->approved_by, block.approved_by);
  EXPECT_EQ(found->approved_at, block.approved_at);
  EXPECT_EQ(found->expires_at, block.expires_at);
  EXPECT_EQ(found->reason, block.reason);
  EXPECT_TRUE(found->manual);
  EXPECT_EQ(found->added_release, 4U);
  EXPECT_FALSE(found->removed_release);
  EXPECT_EQ(found->removed_because, block.removed_because);
  EXPECT_EQ(Read()->BlocksOf(block.target)->size(), 1U);
  block.id = 999;
  const auto transaction = store_->Begin().value();
  EXPECT_EQ(transaction->PutBlock(block).error().code, ErrorCode::not_found);
}

TEST_P(StoreTest, ListsOfTheAllowlistAreThereForEachRelease) {
  Commit([](Transaction& transaction) {
    ASSERT_TRUE(transaction.PutAllowed({{"domain a.example", "domain b.example"}, {}}, 1));
    ASSERT_TRUE(transaction.PutAllowed({{"domain c.example"}, {"domain a.example"}}, 2));
    ASSERT_TRUE(transaction.PutAllowed({{"domain a.example"}, {}}, 3));
  });
  const auto letters_at = [this](std::uint64_t release) {
    std::string letters;
    EXPECT_TRUE(Read()->ForEachAllowedAt(release, [&](const std::string& line) {
      letters += line[std::string_view("domain ").size()];
      return true;
    }));
    return letters;
  };
  EXPECT_EQ(letters_at(0), "");
  EXPECT_EQ(letters_at(1), "ab");
  EXPECT_EQ(letters_at(2), "bc");
  EXPECT_EQ(letters_at(3), "abc");
}

TEST_P(StoreTest, GivesBackAnUnblockRequestAsItWasPutAndForgetsItsAsker) {
  UnblockRequest request{.token = policy::Sha256Of("token"), .target = Target("domain a.example")};
  request.note = "to order";
  request.contact = "taro";
  request.at = At(1);
  Commit([&](Transaction& transaction) {
    EXPECT_EQ(transaction.PutUnblockRequest(request).value(), 1);
    request.token = policy::Sha256Of("another");
    EXPECT_EQ(transaction.PutUnblockRequest(request).value(), 2);
  });
  EXPECT_EQ(Read()->CountOpenUnblockRequests().value(), 2U);
  request.id = 2;
  request.state = UnblockState::granted;
  request.answered_by = "alice";
  request.answer = "cleaned up";
  request.answered_at = At(2);
  request.until = At(9);
  Commit([&](Transaction& transaction) {
    EXPECT_EQ(transaction.PutUnblockRequest(request).value(), 2);
    EXPECT_TRUE(transaction.ForgetAskers(At(2)));
  });
  EXPECT_EQ(Read()->OpenUnblockRequests()->size(), 1U);
  auto found = Read()->FindUnblockRequest(request.token).value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->target, request.target);
  EXPECT_EQ(found->contact, "taro");
  EXPECT_EQ(found->state, UnblockState::granted);
  EXPECT_EQ(found->answered_by, "alice");
  EXPECT_EQ(found->answer, "cleaned up");
  EXPECT_EQ(found->answered_at, At(2));
  EXPECT_EQ(found->until, At(9));
  Commit([](Transaction& transaction) { EXPECT_TRUE(transaction.ForgetAskers(At(3))); });
  found = Read()->FindUnblockRequest(2).value();
  EXPECT_EQ(found->contact + found->note, "");
  EXPECT_EQ(Read()->FindUnblockRequest(1).value()->note, "to order") << "not answered yet";
  EXPECT_EQ(Read()->ListUnblockRequests(0, 1)->front().id, 2);
  EXPECT_EQ(Read()->ListUnblockRequests(2, 9)->front().id, 1);
  EXPECT_FALSE(Read()->FindUnblockRequest(policy::Sha256Of("a guess")).value());
}

TEST_P(StoreTest, KeepsAnOutboxInWhichEachEventIsOncePerChannel) {
  Notification event{.channel = "mail", .key = "leaf 1", .event = "brake.engage"};
  event.is_urgent = true;
  event.at = At(1);
  event.content = "{}";
  Commit([&](Transaction& transaction) {
    EXPECT_TRUE(transaction.AddNotification(event).value());
    EXPECT_FALSE(transaction.AddNotification(event).value());
    event.channel = "chat";
    EXPECT_TRUE(transaction.AddNotification(event).value());
    EXPECT_TRUE(transaction.SetNotifiedUpTo(5));
  });
  EXPECT_EQ(Read()->NotifiedUpTo().value(), 5U);
  ASSERT_EQ(Read()->WaitingNotifications("mail", 9)->size(), 1U);
  event = Read()->WaitingNotifications("mail", 9)->front();
  EXPECT_EQ(event.event, "brake.engage");
  EXPECT_TRUE(event.is_urgent);
  EXPECT_EQ(event.at, At(1));
  EXPECT_EQ(event.content, "{}");
  event.batch = event.id;
  event.attempts = 2;
  event.due_at = At(7);
  event.error = "no answer";
  Commit([&](Transaction& transaction) { EXPECT_TRUE(transaction.PutNotification(event)); });
  EXPECT_EQ(Read()->CountLateNotifications().value(), 1U);
  EXPECT_EQ(Read()->WaitingNotifications("mail", 9)->front().error, "no answer");
  EXPECT_EQ(Read()->WaitingNotifications("mail", 9)->front().due_at, At(7));
  event.state = NotificationState::delivered;
  event.done_at = At(8);
  Commit([&](Transaction& transaction) {
    EXPECT_TRUE(transaction.PutNotification(event));
    EXPECT_TRUE(transaction.ForgetNotifications(At(8)));
  });
  EXPECT_EQ(Read()->CountLateNotifications().value(), 0U);
  EXPECT_EQ(Read()->ListNotifications(0, 9)->size(), 2U);
  Commit([](Transaction& transaction) { EXPECT_TRUE(transaction.ForgetNotifications(At(9))); });
  EXPECT_EQ(Read()->ListNotifications(0, 9)->size(), 1U);
}

TEST_P(StoreTest, CountsVotesThatWaitForAnother) {
  const auto vote = [](std::int64_t proposal, const char* voter, int at) {
    return Vote{proposal, voter, Verdict::approve, {}, std::chrono::hours(1), "seen", At(at)};
  };
  Proposal decided = SomeProposal("domain b.example");
  decided.state = ProposalState::approved;
  const auto pending = Add(SomeProposal("domain a.example"));
  const auto approved = Add(decided);
  EXPECT_EQ(Read()->VotesThatWait()->proposals, 0U);
  Commit([&](Transaction& transaction) {
    EXPECT_TRUE(transaction.PutVote(vote(pending, "alice", 5)));
    EXPECT_TRUE(transaction.PutVote(vote(pending, "bob", 6)));
    EXPECT_TRUE(transaction.PutVote(vote(approved, "alice", 1)));
  });
  EXPECT_EQ(Read()->VotesThatWait()->proposals, 1U);
  EXPECT_EQ(Read()->VotesThatWait()->oldest, At(5));
}

TEST_P(StoreTest, KeepsReleases) {
  const ReleaseList list{"resolvers", policy::Sha256Of("list"), 10, 4, 1};
  Commit([&](Transaction& transaction) {
    EXPECT_FALSE(transaction.LatestRelease().value());
    ASSERT_TRUE(transaction.PutRelease({1, At(10), "first", {}}));
    ASSERT_TRUE(transaction.PutRelease({2, At(20), "second", {list}}));
    ASSERT_TRUE(transaction.PutRelease({3, At(15), "the clock went back", {}}));
  });
  const auto second = Read()->FindRelease(2).value();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->cause, "second");
  ASSERT_EQ(second->lists.size(), 1U);
  EXPECT_EQ(second->lists[0].list, "resolvers");
  EXPECT_EQ(second->lists[0].digest, list.digest);
  EXPECT_EQ(second->lists[0].count, 10U);
  EXPECT_EQ(second->lists[0].added, 4U);
  EXPECT_EQ(second->lists[0].removed, 1U);
  EXPECT_EQ(Read()->LatestRelease().value()->number, 3U);
  EXPECT_FALSE(Read()->ReleaseAt(At(9)).value());
  EXPECT_EQ(Read()->ReleaseAt(At(10)).value()->number, 1U);
  EXPECT_EQ(Read()->ReleaseAt(At(30)).value()->number, 3U);
  EXPECT_FALSE(Read()->FindRelease(9).value());
  const auto newest = Read()->ListReleases(0, 2).value();
  ASSERT_EQ(newest.size(), 2U);
  EXPECT_EQ(newest[0].number, 3U);
  EXPECT_EQ(newest[1].number, 2U);
  EXPECT_EQ(Read()->ListReleases(2, 5)->size(), 1U);
  const auto transaction = store_->Begin().value();
  EXPECT_EQ(transaction->PutRelease({2, At(1), "again", {}}).error().code, ErrorCode::conflict);
}

TEST_P(StoreTest, KeepsBrakesDevicesAndFeeds) {
  DeviceStatus status{"dns1", "resolvers", "rpz", "BIND 9.18", 7,     policy::Sha256Of("d"),
                      100,    90,          10,    "AXFR",      At(3), true,
                      "no",   At(4),       At(6), At(5)};
  FeedState feed{"misp", "good", "", "\"etag\"", "Tue", "00ff", At(1), std::nullopt, 5, 2};
  std::int64_t brake_id = 0;
  Commit([&](Transaction& transaction) {
    brake_id = transaction.PutBrake({0, At(1), "add", "too many", std::nullopt, ""}).value();
    ASSERT_TRUE(transaction.PutBrake({0, At(2), "remove", "too many", std::nullopt, ""}));
    ASSERT_TRUE(transaction.PutDeviceStatus(
        {"dns1", "old", "", "", 1, {}, 0, 0, 0, "", {}, false, "", {}, {}, {}}));
    ASSERT_TRUE(transaction.PutDeviceStatus(status));
    ASSERT_TRUE(transaction.PutFeedState(feed));
    ASSERT_TRUE(transaction.PutFeedState(feed));
  });
  Commit([&](Transaction& transaction) {
    EXPECT_EQ(transaction.PutBrake({brake_id, At(1), "add", "too many", At(9), "bob"}).value(),
              brake_id);
  });
  const auto brakes = Read()->OpenBrakes().value();
  ASSERT_EQ(brakes.size(), 1U);
  EXPECT_EQ(brakes[0].direction, "remove");
  const auto devices = Read()->DeviceStatuses().value();
  ASSERT_EQ(devices.size(), 1U);
  EXPECT_EQ(devices[0].list, "resolvers");
  EXPECT_EQ(devices[0].digest, status.digest);
  EXPECT_EQ(devices[0].enforced, 90U);
  EXPECT_EQ(devices[0].not_enforceable, 10U);
  EXPECT_TRUE(devices[0].drift);
  EXPECT_EQ(devices[0].receipt_at, At(3));
  EXPECT_EQ(devices[0].nack_at, At(4));
  EXPECT_EQ(devices[0].certificate_expires, At(6));
  EXPECT_EQ(devices[0].certificate_from, At(5));
  const auto feeds = Read()->FeedStates().value();
  ASSERT_EQ(feeds.size(), 1U);
  EXPECT_EQ(feeds[0].etag, "\"etag\"");
  EXPECT_EQ(feeds[0].fetched_at, At(1));
  EXPECT_FALSE(feeds[0].accepted_at);
  EXPECT_EQ(feeds[0].rejected, 2U);
}

std::vector<std::uint64_t> Indices(const policy::Result<std::vector<LeafRow>>& leaves) {
  std::vector<std::uint64_t> indices;
  for (const LeafRow& leaf : leaves.value()) indices.push_back(leaf.index);
  return indices;
}

TEST_P(StoreTest, KeepsTheHistoryAppendOnly) {
  Commit([&](Transaction& transaction) {
    EXPECT_EQ(transaction.LeafCount().value(), 0U);
    for (std::uint64_t i = 0; i < 6; ++i) {
      const std::string subject = i % 2 == 0 ? "domain even.example" : "";
      const int at = i == 4 ? 0 : static_cast<int>(i) * 10;
      ASSERT_TRUE(transaction.PutLeaf({i, "leaf " + std::to_string(i), policy::Sha256Of("h")},
                                      subject, At(at)));
    }
    EXPECT_EQ(transaction.LeafCount().value(), 6U);
    ASSERT_TRUE(transaction.PutCheckpoint({3, "note 3"}));
    ASSERT_TRUE(transaction.PutCheckpoint({6, "note 6"}));
  });
  const auto leaves = Read()->Leaves(2, 3).value();
  ASSERT_EQ(leaves.size(), 3U);
  EXPECT_EQ(leaves[0].index, 2U);
  EXPECT_EQ(leaves[0].leaf, "leaf 2");
  EXPECT_EQ(leaves[0].hash, policy::Sha256Of("h"));
  const std::string even = "domain even.example";
  EXPECT_EQ(Indices(Read()->LeavesAbout(even, 0, 2)), (std::vector<std::uint64_t>{0, 2}));
  EXPECT_EQ(Indices(Read()->LeavesAbout(even, 3, 2)), (std::vector<std::uint64_t>{4}));
  EXPECT_EQ(Indices(Read()->NewestLeavesAbout(even, 2)), (std::vector<std::uint64_t>{2, 4}));
  EXPECT_TRUE(Read()->LeavesAbout("", 0, 9)->empty());
  EXPECT_TRUE(Read()->NewestLeavesAbout("", 9)->empty());
  EXPECT_EQ(Read()->FirstLeafSince(At(20)).value(), 2U);
  EXPECT_EQ(Read()->FirstLeafSince(At(35)).value(), 5U);
  EXPECT_EQ(Read()->FirstLeafSince(At(99)).value(), 6U);
  EXPECT_EQ(Read()->LatestCheckpoint().value()->note, "note 6");
  EXPECT_EQ(Read()->Checkpoints(0, 9)->size(), 2U);
  EXPECT_EQ(Read()->Checkpoints(3, 9)->front().size, 6U);
  {
    const auto transaction = store_->Begin().value();
    EXPECT_EQ(transaction->PutLeaf({5, "again", {}}, "", At(0)).error().code, ErrorCode::conflict);
    EXPECT_EQ(transaction->Commit().error().code, ErrorCode::conflict) << "it failed before";
  }
  const auto transaction = store_->Begin().value();
  EXPECT_EQ(transaction->PutCheckpoint({6, "again"}).error().code, ErrorCode::conflict);
}

TEST_P(StoreTest, WithoutCommitNothingStays) {
  {
    const auto transaction = store_->Begin().value();
    const auto id = transaction->PutProposal(SomeProposal("domain evil.example")).value();
    EXPECT_TRUE(transaction->FindProposal(id).value());
    EXPECT_EQ(transaction->CountProposals({}).value(), 1U);
    ASSERT_EQ(transaction->CountByTrait({}).value().size(), 1U);
    EXPECT_EQ(transaction->CountByTrait({}).value()[0].feeds, ",misp,urlhaus,");
    EXPECT_EQ(Read()->CountProposals({}).value(), 0U);
    EXPECT_EQ(store_->Begin().error().code, ErrorCode::conflict) << "one writer at a time";
  }
  EXPECT_EQ(Ask({}), Lines{});
  Add(SomeProposal("domain evil.example"));
  EXPECT_EQ(Ask({}).size(), 1U);
}

TEST_P(StoreTest, ATransactionEndsWithItsCommit) {
  const auto transaction = store_->Begin().value();
  ASSERT_TRUE(transaction->Commit());
  EXPECT_FALSE(transaction->PutRelease({1, At(0), "", {}}));
  EXPECT_FALSE(transaction->Commit());
  EXPECT_FALSE(Read()->LatestRelease().value());
}

TEST_P(StoreTest, AReaderSeesOneStateWhateverIsWritten) {
  Add(SomeProposal("domain a.example"));
  const auto reader = Read();
  Add(SomeProposal("domain b.example"));
  EXPECT_EQ(reader->CountProposals({}).value(), 1U);
  EXPECT_EQ(reader->ListProposals({}, std::nullopt, 10)->size(), 1U);
  EXPECT_EQ(Read()->CountProposals({}).value(), 2U);
}

TEST_P(StoreTest, AReaderMayAskWithinAVisit) {
  Add(SomeProposal("domain a.example"));
  Add(SomeProposal("domain b.example"));
  const auto reader = Read();
  int visits = 0;
  ASSERT_TRUE(reader->ForEachProposal({}, [&](const Proposal& outer) {
    EXPECT_EQ(reader->FindProposal(outer.id).value()->target, outer.target);
    return reader->ForEachProposal({}, [&visits](const Proposal&) { return ++visits > 0; })
        .has_value();
  }));
  EXPECT_EQ(visits, 4);
}

TEST_P(StoreTest, ManyThreadsReadWhileOneWrites) {
  constexpr int commits = 200;
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([this] {
      std::uint64_t last = 0;
      while (last < commits) {
        const auto reader = store_->Read().value();
        const auto count = reader->CountProposals({}).value();
        ASSERT_GE(count, last);
        ASSERT_EQ(reader->ListProposals({}, std::nullopt, 1000)->size(), count);
        last = count;
      }
    });
  }
  for (int i = 0; i < commits; ++i) {
    Add(SomeProposal("domain d" + std::to_string(i) + ".example"));
  }
  for (std::thread& reader : readers) reader.join();
}

INSTANTIATE_TEST_SUITE_P(Store, StoreTest, ::testing::ValuesIn(kinds), name_of);
INSTANTIATE_TEST_SUITE_P(Store, StoreBlocksTest, ::testing::ValuesIn(kinds), name_of);

}  // namespace
}  // namespace agent::store
