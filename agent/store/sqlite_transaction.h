#pragma once

#include <atomic>
#include <memory>

#include "agent/store/sqlite_reading.h"

namespace agent::store {

// What the writer's connection is up to. `free` again after each transaction; `broken` for good
// once a commit's outcome is unknown.
enum class WriterState { free, busy, broken };

// What outlives a transaction.
struct Writer {
  WriterState state = WriterState::free;
  int wal_frames = 0;     // after the last commit
  int checkpoint_at = 0;  // so many frames in the WAL call for moving them
};

class SqliteTransaction final : public Reading<Transaction> {
 public:
  // Begins at once; `writer` must be free, and outlive this.
  static Result<std::unique_ptr<Transaction>> Begin(Connection& connection, Writer& writer);
  ~SqliteTransaction() override;

  Result<std::uint64_t> CountProposals(const ProposalQuery& query) override;
  Result<ProposalPage> PageOfProposals(const ProposalQuery& query, std::optional<Cursor> after,
                                       std::size_t limit) override;
  Result<std::vector<TraitCount>> CountByTrait(const ProposalQuery& query) override;

  Result<std::int64_t> PutProposal(const Proposal& proposal) override;
  Result<void> PutVote(const Vote& vote) override;
  Result<void> ClearVotes(std::int64_t proposal_id) override;
  Result<std::uint64_t> ClearOpenActs(const OpenActOf& act, std::string_view because) override;
  Result<std::int64_t> PutBlock(const Block& block) override;
  Result<void> PutAllowed(const policy::Delta& change, std::uint64_t release) override;
  Result<void> PutRelease(const Release& release) override;
  Result<std::int64_t> PutBrake(const Brake& brake) override;
  Result<std::int64_t> PutEmergency(const Emergency& emergency) override;
  Result<std::int64_t> PutBulk(const BulkDecision& bulk) override;
  Result<void> FixBulkRows(std::int64_t bulk, const ProposalQuery& query) override;
  Result<void> DropBulkRows(std::int64_t bulk, std::int64_t last_proposal) override;
  Result<void> PutBulkRefusal(std::int64_t bulk, const BulkRefusal& refusal) override;
  Result<std::int64_t> PutUnblockRequest(const UnblockRequest& request) override;
  Result<void> ForgetAskers(TimePoint answered_before) override;
  Result<bool> AddNotification(const Notification& notification) override;
  Result<void> PutNotification(const Notification& notification) override;
  Result<void> SetNotifiedUpTo(std::uint64_t leaf) override;
  Result<void> ForgetNotifications(TimePoint done_before) override;
  Result<std::int64_t> PutAllowEntry(const AllowEntry& entry) override;
  Result<std::int64_t> PutRuleChange(const RuleChange& change) override;
  Result<std::int64_t> PutStandingApproval(const StandingApproval& approval) override;
  Result<void> PutDeviceStatus(const DeviceStatus& status) override;
  Result<void> PutFeedState(const FeedState& state) override;
  Result<void> PutAccount(const Account& account) override;
  Result<void> PutSession(const Session& session) override;
  Result<void> RemoveSession(const policy::Sha256& digest) override;
  Result<std::int64_t> PutApiToken(const ApiToken& token) override;
  Result<void> PutLeaf(const LeafRow& leaf, std::string_view subject, TimePoint at) override;
  Result<void> PutCheckpoint(const CheckpointRow& checkpoint) override;
  Result<void> Commit() override;

 private:
  SqliteTransaction(Connection& connection, Writer& writer);
  template <class Write>
  auto Guarded(Write write) -> decltype(write());
  Result<void> CommitAtOnce();
  void End();
  void ShortenWal();

  Writer& writer_;
  ProposalWrites proposals_;
  std::optional<policy::Error> failure_;  // the first: after it, only rolling back is left
  bool ended_ = false;
};

}  // namespace agent::store
