// Decisions on more than one transaction should hold.
#include "tests/agent/engine_bulk_fixture.h"

namespace agent {
namespace {

using policy::ErrorCode;
using store::BulkState;
using store::ProposalState;

class EngineBulkTest : public EngineBulkFixture {};

TEST_F(EngineBulkTest, O3_IsCarriedOutInSlicesAndPublishedAsOneRelease) {
  Fill(30);
  const auto report = Approve("kind:domain");
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report->matched, 30U);
  EXPECT_EQ(report->decided, 0U);
  EXPECT_EQ(report->sample.size(), 20U);
  ASSERT_NE(report->bulk, 0);
  const auto bulk = Await(report->bulk);
  EXPECT_EQ(bulk.state, BulkState::done);
  EXPECT_EQ(bulk.voter, "alice");
  EXPECT_EQ(bulk.decided, 30U);
  EXPECT_EQ(bulk.refused, 0U);
  EXPECT_EQ(bulk.release, 2U);
  EXPECT_EQ(publication_->Current("dns")->release, 2U);
  EXPECT_EQ(publication_->Current("dns")->list->size(), 30U);
  EXPECT_EQ(EntriesOf("approve"), 30U);
  EXPECT_EQ(EntriesOf("bulk.start"), 1U);
  EXPECT_EQ(EntriesOf("bulk.done"), 1U);
  EXPECT_TRUE(HistoryVerifies());
}

TEST_F(EngineBulkTest, FewAreDecidedAtOnce) {
  Fill(10);
  const auto report = Approve();
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report->bulk, 0);
  EXPECT_EQ(report->decided, 10U);
}

TEST_F(EngineBulkTest, TwoPeopleApproveWhatIsManyAsAWhole) {
  settings_.queue.bulk_alone_max = 20;  // more than a slice: the whole counts
  Restart();
  Fill(30);
  const auto first = Await(Approve()->bulk);
  EXPECT_EQ(first.awaiting, 30U);
  EXPECT_EQ(first.release, 0U);
  EXPECT_EQ(Published("dns"), "");
  const auto second = Await(Approve("", "bob")->bulk);
  EXPECT_EQ(second.decided, 30U);
  EXPECT_EQ(publication_->Current("dns")->list->size(), 30U);
}

TEST_F(EngineBulkTest, WhatIsNotAsSeenStartsNothing) {
  Fill(30);
  Selection selection = All();
  selection.expected_count = 29;
  const queue::Ballot ballot{"alice", store::Verdict::approve, "seen"};
  EXPECT_EQ(engine_->Decide(selection, ballot, false).error().code, ErrorCode::conflict);
  queue::Ballot unconfirmed = ballot;
  unconfirmed.needs_step_up = true;
  const auto refused = engine_->Decide(All(), unconfirmed, false);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().detail.starts_with(queue::step_up_required));
  EXPECT_TRUE(store_->Read().value()->ListBulk(0, 10)->empty());
  EXPECT_EQ(Pending().size(), 30U);
}

TEST_F(EngineBulkTest, ABrakeSeesAllOfIt) {
  settings_.changes.entries_min = 10;
  Restart();
  Fill(12);
  ASSERT_EQ(Await(Approve()->bulk).decided, 12U);
  ASSERT_EQ(publication_->Current("dns")->list->size(), 12U);
  TakeFeed(Domains(60));  // 48 more: each slice would pass, the whole does not
  const auto bulk = Await(Approve()->bulk);
  EXPECT_EQ(bulk.decided, 48U);
  EXPECT_EQ(bulk.release, 0U);
  EXPECT_EQ(publication_->Current("dns")->list->size(), 12U);
  const auto brakes = store_->Read().value()->OpenBrakes().value();
  ASSERT_EQ(brakes.size(), 1U);
  ASSERT_TRUE(engine_->ReleaseBrake(brakes[0].id, "bob", "they are real"));
  EXPECT_EQ(publication_->Current("dns")->list->size(), 60U);
  EXPECT_EQ(Bulk(bulk.id).release, 3U);
}

// With a row a slice, hundreds of them take long enough for something to happen in between.
class EngineBulkInterruptedTest : public EngineBulkFixture {
 protected:
  static constexpr int kRows = 300;

  void SetUp() override {
    settings_.queue.bulk_slice = 1;
    Open();
    Fill(kRows);
    bulk_ = Approve()->bulk;
  }
  // The engine is gone, and some of it is done.
  void Interrupt() {
    Close();
    store_ = store::OpenSqlite(folder_ / "sekisho.db").value();
    const auto bulk = Bulk(bulk_);
    ASSERT_EQ(bulk.state, BulkState::running);
    ASSERT_LT(bulk.decided, static_cast<std::uint64_t>(kRows));
  }
  void Resume() {
    store_.reset();
    Open();
    TakeAllowlist({"github.com"});
  }
  std::int64_t bulk_ = 0;
};

TEST_F(EngineBulkInterruptedTest, GoesOnAfterARestartWhereItWas) {
  Interrupt();
  Resume();
  EXPECT_EQ(Published("dns"), "") << "a part of it was published";
  engine_->Tick();
  const auto bulk = Await(bulk_);
  EXPECT_EQ(bulk.state, BulkState::done);
  EXPECT_EQ(bulk.decided, static_cast<std::uint64_t>(kRows));
  EXPECT_EQ(bulk.release, 2U);
  EXPECT_EQ(EntriesOf("approve"), static_cast<std::size_t>(kRows));
  EXPECT_TRUE(HistoryVerifies());
}

TEST_F(EngineBulkInterruptedTest, WaitsForTheFirstTick) {
  Interrupt();
  const auto before = Bulk(bulk_).decided;
  Resume();
  EXPECT_EQ(Bulk(bulk_).decided, before) << "it is not known yet who may vote";
}

TEST_F(EngineBulkInterruptedTest, WaitsForTheAllowlistsWithoutWhichAllWouldBeRefused) {
  Interrupt();
  store_.reset();
  Open();
  engine_->Tick();
  engine_->Settle();
  EXPECT_EQ(Bulk(bulk_).refused, 0U);
  TakeAllowlist({"github.com"});
  engine_->Tick();
  EXPECT_EQ(Await(bulk_).decided, static_cast<std::uint64_t>(kRows));
}

TEST_F(EngineBulkInterruptedTest, RefusesWhatChangedMeanwhile) {
  Interrupt();
  std::int64_t changed = 0;
  {
    const auto transaction = store_->Begin().value();
    changed = transaction->BulkRows(bulk_, 1000).value().back().proposal_id;
    auto proposal = transaction->FindProposal(changed).value().value();
    proposal.digest = policy::Sha256Of("another content");
    ASSERT_TRUE(transaction->PutProposal(proposal));
    ASSERT_TRUE(transaction->Commit());
  }
  Resume();
  engine_->Tick();
  const auto bulk = Await(bulk_);
  EXPECT_EQ(bulk.decided, static_cast<std::uint64_t>(kRows - 1));
  EXPECT_EQ(bulk.refused, 1U);
  const auto refused = store_->Read().value()->BulkRefusals(bulk_).value();
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].proposal_id, changed);
  EXPECT_NE(refused[0].reason.find("changed"), std::string::npos) << refused[0].reason;
}

TEST_F(EngineBulkInterruptedTest, CancelledItLeavesTheRestAndPublishesWhatIsDecided) {
  const auto cancelled = engine_->CancelBulk(bulk_, "bob", "too wide");
  ASSERT_TRUE(cancelled) << cancelled.error().detail;
  EXPECT_EQ(cancelled->state, BulkState::cancelled);
  EXPECT_EQ(cancelled->ended_because, "bob: too wide");
  engine_->Tick();
  engine_->Settle();
  EXPECT_EQ(InState(ProposalState::approved), cancelled->decided);
  EXPECT_EQ(Pending().size() + cancelled->decided, static_cast<std::size_t>(kRows));
  EXPECT_EQ(publication_->Current("dns")->list->size(), cancelled->decided);
  EXPECT_EQ(engine_->CancelBulk(bulk_, "bob", "again").error().code, ErrorCode::conflict);
  EXPECT_EQ(engine_->CancelBulk(99, "bob", "none").error().code, ErrorCode::not_found);
}

TEST_F(EngineBulkInterruptedTest, ItsVotersRoleLostItDecidesNoMore) {
  std::uint64_t decided = 0;
  ASSERT_TRUE(engine_->Write([&](store::Transaction& transaction, const Engine::Append&) {
    decided = transaction.FindBulk(bulk_).value().value().decided;
    return transaction.ClearOpenActs({"alice", store::OpenAct::bulk}, "left").map([](auto) {});
  }));
  engine_->Tick();
  const auto bulk = Await(bulk_);
  EXPECT_EQ(bulk.state, BulkState::stopped);
  EXPECT_EQ(bulk.decided, decided);
  EXPECT_EQ(EntriesOf("approve"), decided);
  EXPECT_EQ(publication_->Current("dns")->list->size(), decided);
}

TEST_F(EngineBulkInterruptedTest, OthersActsGetInBetween) {
  ASSERT_TRUE(engine_->ProposeByPerson(Line("domain other.example"), "carol", "phishing", {}));
  ASSERT_TRUE(Approve("other.example", "bob"));
  EXPECT_EQ(Published("dns"), "domain other.example\n") << "it had to wait, or took others along";
  EXPECT_EQ(Bulk(bulk_).state, BulkState::running);
}

}  // namespace
}  // namespace agent
