#include "agent/queue/queue.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/history/history_writer.h"
#include "agent/store/sqlite_store.h"
#include "policy/proposal.h"
#include "tests/platform/temporary_folder.h"

namespace agent::queue {
namespace {

using policy::ErrorCode;
using std::chrono::hours;
using store::ProposalState;
using store::Verdict;

constexpr TimePoint start{std::chrono::seconds(1'700'000'000)};

class QueueTest : public ::testing::Test {
 protected:
  void SetUp() override {
    store_ = store::OpenSqlite(folder_.path() / "sekisho.db").value();
    history_ = history::HistoryWriter::Open(*store_, "test.example/history",
                                            platform::SigningKey::Generate().value())
                   .value();
    queue_.emplace(*history_, QueueRules{hours(24 * 90), hours(24 * 7), hours(24 * 30)});
  }

  static Candidate CandidateFor(const std::string& line, const std::string& by = "policy") {
    Candidate candidate{.target = policy::ParseLine(line).value()};
    candidate.lifetime = hours(24 * 7);
    candidate.policy_version = "1";
    candidate.confidence = 80;
    candidate.proposed_by = by;
    candidate.reason_codes = ",";
    candidate.reasons = "[]";
    candidate.evidence = "[]";
    return candidate;
  }

  // Runs `act` in a transaction of its own, sealed and committed.
  template <class Act>
  auto Commit(Act act) {
    auto transaction = store_->Begin().value();
    auto result = act(*transaction);
    EXPECT_TRUE(history_->Seal(*transaction));
    EXPECT_TRUE(transaction->Commit());
    history_->Committed();
    return result;
  }

  std::optional<store::Proposal> Propose(const Candidate& candidate, bool in_force = false) {
    return Commit([&](auto& t) { return queue_->Propose(t, candidate, in_force, now_).value(); });
  }

  Result<Ruling> Vote(std::int64_t id, Ballot ballot) {
    return Commit([&](auto& t) {
      return queue_->Vote(
          t, id, ballot, [&](const auto&) { return veto_; }, now_);
    });
  }

  static Ballot Approval(const std::string& voter) { return {voter, Verdict::approve, "seen"}; }

  std::vector<store::Block> LiveBlocks() {
    std::vector<store::Block> blocks;
    auto read = store_->Read().value();
    EXPECT_TRUE(read->ForEachLiveBlock([&](const store::Block& block) {
      blocks.push_back(block);
      return true;
    }));
    return blocks;
  }

  store::Proposal Stored(std::int64_t id) {
    return store_->Read().value()->FindProposal(id).value().value();
  }

  platform::testing::TemporaryFolder folder_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<history::HistoryWriter> history_;
  std::optional<Queue> queue_;
  std::optional<std::string> veto_;
  TimePoint now_ = start;
};

TEST_F(QueueTest, MakesABlockOfAnApprovedProposal) {
  const auto proposal = Propose(CandidateFor("domain evil.example"));
  const auto ruling = Vote(proposal->id, Approval("alice"));
  ASSERT_TRUE(ruling);
  EXPECT_EQ(ruling->kind, Ruling::Kind::decided);
  const auto blocks = LiveBlocks();
  ASSERT_EQ(blocks.size(), 1U);
  EXPECT_EQ(policy::LineOf(blocks[0].target), "domain evil.example");
  EXPECT_EQ(blocks[0].digest, proposal->digest);
  EXPECT_EQ(blocks[0].approved_by, "alice");
  EXPECT_EQ(blocks[0].expires_at, now_ + hours(24 * 7));
  EXPECT_FALSE(blocks[0].added_release) << "only a release puts a block in force";
}

TEST_F(QueueTest, Z1_RefusesTheProposersOwnApproval) {
  const auto proposal = Propose(CandidateFor("domain evil.example", "alice"));
  const auto ruling = Vote(proposal->id, Approval("alice"));
  ASSERT_TRUE(ruling);
  EXPECT_EQ(ruling->kind, Ruling::Kind::refused);
  EXPECT_TRUE(LiveBlocks().empty());
}

TEST_F(QueueTest, Z1_AFeedThatAgreesDoesNotMakeTheProposerAnApprover) {
  const auto proposal = Propose(CandidateFor("domain evil.example", "alice"));
  Propose(CandidateFor("domain evil.example"));
  EXPECT_EQ(Stored(proposal->id).proposed_by, "alice");
  EXPECT_EQ(Vote(proposal->id, Approval("alice"))->kind, Ruling::Kind::refused);
}

TEST_F(QueueTest, Z2_CountsOnePersonOnce) {
  Candidate candidate = CandidateFor("ip 192.0.2.0/24");
  candidate.needs_two = true;
  const auto proposal = Propose(candidate);
  EXPECT_EQ(Vote(proposal->id, Approval("alice"))->kind, Ruling::Kind::awaiting);
  EXPECT_EQ(Vote(proposal->id, Approval("alice"))->kind, Ruling::Kind::awaiting);
  EXPECT_TRUE(LiveBlocks().empty());
  EXPECT_EQ(Vote(proposal->id, Approval("bob"))->kind, Ruling::Kind::decided);
  ASSERT_EQ(LiveBlocks().size(), 1U);
  EXPECT_EQ(LiveBlocks()[0].approved_by, "alice,bob");
}

TEST_F(QueueTest, Z2_TwoPeopleHaveToMeanTheSameLifetime) {
  Candidate candidate = CandidateFor("ip 192.0.2.0/24");
  candidate.needs_two = true;
  const auto proposal = Propose(candidate);
  Ballot longer = Approval("bob");
  longer.lifetime = hours(24 * 30);
  EXPECT_EQ(Vote(proposal->id, Approval("alice"))->kind, Ruling::Kind::awaiting);
  EXPECT_EQ(Vote(proposal->id, longer)->kind, Ruling::Kind::awaiting);
  longer.voter = "carol";
  EXPECT_EQ(Vote(proposal->id, longer)->kind, Ruling::Kind::decided);
  EXPECT_EQ(LiveBlocks()[0].expires_at, now_ + hours(24 * 30));
}

TEST_F(QueueTest, Z3_AChangeOfPolicyVoidsTheVotes) {
  Candidate candidate = CandidateFor("ip 192.0.2.0/24");
  candidate.needs_two = true;
  const auto proposal = Propose(candidate);
  Vote(proposal->id, Approval("alice")).value();
  candidate.policy_version = "2";
  Propose(candidate);
  EXPECT_NE(Stored(proposal->id).digest, proposal->digest);
  EXPECT_EQ(Vote(proposal->id, Approval("bob"))->kind, Ruling::Kind::awaiting);
  EXPECT_TRUE(LiveBlocks().empty());
}

TEST_F(QueueTest, Z3_AChangeOfTheLifetimeVoidsTheVotesAndIsRemembered) {
  Candidate candidate = CandidateFor("ip 192.0.2.0/24");
  candidate.needs_two = true;
  const auto proposal = Propose(candidate);
  Vote(proposal->id, Approval("alice")).value();
  candidate.lifetime = hours(24 * 3);
  Propose(candidate);
  EXPECT_TRUE(store_->Read().value()->VotesOn(proposal->id)->empty());
  EXPECT_EQ(Vote(proposal->id, Approval("bob"))->kind, Ruling::Kind::awaiting);
  ASSERT_TRUE(Stored(proposal->id).previous);
  EXPECT_EQ(Stored(proposal->id).previous->lifetime, hours(24 * 7));
  EXPECT_EQ(Stored(proposal->id).previous->policy_version, "1");
}

TEST_F(QueueTest, Z3_WhatComesToTakeTwoPeopleIsVotedOnAnew) {
  Candidate candidate = CandidateFor("ip 192.0.2.0/24");
  candidate.needs_two = true;
  const auto proposal = Propose(candidate);
  Vote(proposal->id, Approval("alice")).value();
  candidate.needs_two = false;
  Propose(candidate);
  candidate.needs_two = true;
  Propose(candidate);
  EXPECT_EQ(Vote(proposal->id, Approval("bob"))->kind, Ruling::Kind::awaiting);
  EXPECT_TRUE(LiveBlocks().empty());
}

TEST_F(QueueTest, Z3_AVoteOnAUrlIsNoneOnItsHost) {
  Candidate url = CandidateFor("url http://evil.example/x");
  url.needs_two = true;
  Vote(Propose(url)->id, Approval("alice")).value();
  Candidate host = CandidateFor("domain evil.example");
  host.needs_two = true;
  EXPECT_EQ(Vote(Propose(host)->id, Approval("bob"))->kind, Ruling::Kind::awaiting);
  EXPECT_TRUE(LiveBlocks().empty());
}

// Even where a vote of other content is still there, as after a bug elsewhere, it does not count.
TEST_F(QueueTest, Z3_OnlyVotesOfExactlyTheDigestCount) {
  Candidate candidate = CandidateFor("ip 192.0.2.0/24");
  candidate.needs_two = true;
  const auto proposal = Propose(candidate);
  EXPECT_TRUE(Commit([&](auto& t) {
    return t.PutVote({proposal->id, "alice", Verdict::approve, policy::Sha256Of("other content"),
                      hours(24 * 7), "seen", now_});
  }));
  EXPECT_EQ(Vote(proposal->id, Approval("bob"))->kind, Ruling::Kind::awaiting);
}

TEST_F(QueueTest, Z9_WhoDecidesOneThatIsDecidedGetsAConflictThatNamesWhoWasFaster) {
  const auto proposal = Propose(CandidateFor("domain evil.example"));
  Vote(proposal->id, Approval("alice")).value();
  Ballot late{"bob", Verdict::reject, "ours"};
  EXPECT_EQ(Vote(proposal->id, late)->kind, Ruling::Kind::refused) << "one of many";
  late.is_alone = true;
  const auto conflict = Vote(proposal->id, late);
  ASSERT_FALSE(conflict);
  EXPECT_EQ(conflict.error().code, ErrorCode::conflict);
  EXPECT_NE(conflict.error().detail.find("already approved, by alice at"), std::string::npos)
      << conflict.error().detail;
  EXPECT_EQ(LiveBlocks().size(), 1U);
}

TEST_F(QueueTest, Z3_ADigestSeenBeforeTheChangeIsAConflict) {
  Candidate candidate = CandidateFor("domain evil.example");
  const auto proposal = Propose(candidate);
  candidate.lifetime = hours(24 * 60);
  Propose(candidate);
  Ballot ballot = Approval("alice");
  ballot.seen = proposal->digest;
  const auto ruling = Vote(proposal->id, ballot);
  ASSERT_FALSE(ruling);
  EXPECT_EQ(ruling.error().code, ErrorCode::conflict);
}

TEST_F(QueueTest, RefusesWhatTheVetoForbids) {
  const auto proposal = Propose(CandidateFor("domain evil.example"));
  veto_ = "it is on the allowlist now";
  const auto ruling = Vote(proposal->id, Approval("alice"));
  ASSERT_TRUE(ruling);
  EXPECT_EQ(ruling->kind, Ruling::Kind::refused);
  EXPECT_EQ(ruling->refusal, "it is on the allowlist now");
  EXPECT_TRUE(LiveBlocks().empty());
}

TEST_F(QueueTest, RefusesALifetimeBeyondTheLongest) {
  const auto proposal = Propose(CandidateFor("domain evil.example"));
  Ballot ballot = Approval("alice");
  ballot.lifetime = hours(24 * 91);
  EXPECT_EQ(Vote(proposal->id, ballot)->kind, Ruling::Kind::refused);
}

TEST_F(QueueTest, RefusesAVoteWithoutAReason) {
  const auto proposal = Propose(CandidateFor("domain evil.example"));
  EXPECT_EQ(Vote(proposal->id, {"alice", Verdict::approve, ""})->kind, Ruling::Kind::refused);
}

TEST_F(QueueTest, DecidesNothingTwice) {
  const auto proposal = Propose(CandidateFor("domain evil.example"));
  Vote(proposal->id, Approval("alice")).value();
  EXPECT_EQ(Vote(proposal->id, Approval("bob"))->kind, Ruling::Kind::refused);
  EXPECT_EQ(LiveBlocks().size(), 1U);
}

TEST_F(QueueTest, DoesNotAskAgainWhileARejectionHolds) {
  const auto proposal = Propose(CandidateFor("domain evil.example"));
  Vote(proposal->id, {"alice", Verdict::reject, "ours"}).value();
  EXPECT_FALSE(Propose(CandidateFor("domain evil.example")));
  now_ += hours(24 * 31);
  const auto again = Propose(CandidateFor("domain evil.example"));
  ASSERT_TRUE(again);
  EXPECT_NE(again->id, proposal->id);
}

TEST_F(QueueTest, LetsAPersonProposeWhatWasRejected) {
  const auto proposal = Propose(CandidateFor("domain evil.example"));
  Vote(proposal->id, {"alice", Verdict::reject, "unsure"}).value();
  EXPECT_TRUE(Propose(CandidateFor("domain evil.example", "bob")));
}

TEST_F(QueueTest, DoesNotProposeWhatIsInForce) {
  EXPECT_FALSE(Propose(CandidateFor("domain evil.example"), true));
}

TEST_F(QueueTest, WakesADeferredProposalWhenItsTimeHasCome) {
  const auto proposal = Propose(CandidateFor("domain evil.example"));
  Vote(proposal->id, {"alice", Verdict::defer, "ask the owner", hours(48)}).value();
  EXPECT_EQ(Stored(proposal->id).state, ProposalState::deferred);
  EXPECT_EQ(Commit([&](auto& t) { return queue_->WakeDeferred(t, now_).value(); }), 0U);
  now_ += hours(48);
  EXPECT_EQ(Commit([&](auto& t) { return queue_->WakeDeferred(t, now_).value(); }), 1U);
  EXPECT_EQ(Stored(proposal->id).state, ProposalState::pending);
}

TEST_F(QueueTest, WithdrawsOnlyWhatThePolicyProposed) {
  const auto feeds = Propose(CandidateFor("domain evil.example"));
  const auto persons = Propose(CandidateFor("domain bad.example", "alice"));
  EXPECT_TRUE(Commit([&](auto& t) { return queue_->Withdraw(t, *feeds, "stale", now_); }));
  EXPECT_TRUE(Commit([&](auto& t) { return queue_->Withdraw(t, *persons, "stale", now_); }));
  EXPECT_EQ(Stored(feeds->id).state, ProposalState::withdrawn);
  EXPECT_EQ(Stored(persons->id).state, ProposalState::pending);
}

// Invariant 6, from both sides.
TEST_F(QueueTest, ARolledBackVoteLeavesNeitherBlockNorHistory) {
  const auto proposal = Propose(CandidateFor("domain evil.example"));
  const auto leaves = store_->Read().value()->LeafCount().value();
  {
    auto transaction = store_->Begin().value();
    auto ruling = queue_->Vote(
        *transaction, proposal->id, Approval("alice"), [](const auto&) { return std::nullopt; },
        now_);
    ASSERT_TRUE(ruling);
    history_->RolledBack();
  }
  EXPECT_TRUE(LiveBlocks().empty());
  EXPECT_EQ(Stored(proposal->id).state, ProposalState::pending);
  EXPECT_EQ(store_->Read().value()->LeafCount().value(), leaves);
  EXPECT_EQ(Vote(proposal->id, Approval("alice"))->kind, Ruling::Kind::decided);
  EXPECT_EQ(store_->Read().value()->LeafCount().value(), leaves + 1);
}

TEST_F(QueueTest, RecordsWhoDecidedWhatAndWhy) {
  const auto proposal = Propose(CandidateFor("domain evil.example"));
  Vote(proposal->id, Approval("alice")).value();
  const auto leaves = store_->Read().value()->LeavesAbout("domain evil.example", 0, 10).value();
  ASSERT_EQ(leaves.size(), 1U);
  EXPECT_NE(leaves[0].leaf.find(R"("actor":"alice","action":"approve")"), std::string::npos)
      << leaves[0].leaf;
  EXPECT_NE(leaves[0].leaf.find(policy::ToHex(proposal->digest)), std::string::npos);
}

TEST_F(QueueTest, ABulkOfManyTakesTwoPeopleWhateverIsInIt) {
  const auto proposal = Propose(CandidateFor("domain evil.example"));
  Ballot ballot{"alice", Verdict::approve, "seen"};
  ballot.is_bulk = true;
  const auto vote = [&](const Ballot& each) {
    return Commit([&](auto& t) {
      return queue_
          ->Vote(
              t, proposal->id, each, [](const auto&) { return std::nullopt; }, now_)
          .value();
    });
  };
  EXPECT_EQ(vote(ballot).kind, Ruling::Kind::awaiting);
  EXPECT_EQ(vote(ballot).kind, Ruling::Kind::awaiting) << "the same person twice";
  ballot.voter = "bob";
  EXPECT_EQ(vote(ballot).kind, Ruling::Kind::decided);
}

TEST_F(QueueTest, AVoteThatWaitedTooLongNoLongerCounts) {
  auto candidate = CandidateFor("ip 198.18.0.0/20");
  candidate.needs_two = true;
  const auto proposal = Propose(candidate);
  const auto vote = [&](const std::string& voter) {
    return Commit([&](auto& t) {
      return queue_
          ->Vote(
              t, proposal->id, {voter, Verdict::approve, "seen"},
              [](const auto&) { return std::nullopt; }, now_)
          .value();
    });
  };
  EXPECT_EQ(vote("alice").kind, Ruling::Kind::awaiting);
  now_ += hours(24 * 7 + 1);
  EXPECT_EQ(vote("bob").kind, Ruling::Kind::awaiting);
  EXPECT_EQ(vote("alice").kind, Ruling::Kind::decided);
}

TEST_F(QueueTest, WhatTakesTwoPeopleWantsAConfirmedSession) {
  auto wide = CandidateFor("ip 198.18.0.0/20");
  wide.needs_two = true;
  const auto narrow = Propose(CandidateFor("domain evil.example"));
  Ballot ballot{"alice", Verdict::approve, "seen"};
  ballot.needs_step_up = true;
  const auto vote = [&](std::int64_t id) {
    return Commit([&](auto& t) {
      return queue_->Vote(
          t, id, ballot, [](const auto&) { return std::nullopt; }, now_);
    });
  };
  const auto refused = vote(Propose(wide)->id);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, policy::ErrorCode::not_allowed);
  EXPECT_TRUE(refused.error().detail.starts_with(step_up_required)) << refused.error().detail;
  EXPECT_EQ(vote(narrow->id).value().kind, Ruling::Kind::decided);
}

}  // namespace
}  // namespace agent::queue
