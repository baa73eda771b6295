#include "agent/store/sqlite_transaction.h"

#include "platform/log.h"

namespace agent::store {
namespace {

// About 4 MB of the WAL. Larger makes reading slower, smaller makes writing slower.
constexpr int kWalFramesMax = 1000;

// A write that fails for lack of space leaves its frame incomplete, and the WAL's checksums then
// say that there was no commit. After any other I/O failure, fsync's above all, the frames may or
// may not be on the disk.
bool IsOutcomeUnknown(int extended_code) {
  return (extended_code & 0xff) == SQLITE_IOERR;
}

policy::Error OutcomeUnknown(const policy::Error& cause) {
  return {policy::ErrorCode::outcome_unknown,
          cause.detail + "; whether the last change was stored is unknown: open the store anew"};
}

}  // namespace

Result<std::unique_ptr<Transaction>> SqliteTransaction::Begin(Connection& connection,
                                                              Writer& writer) {
  if (writer.state != WriterState::free) {
    return writer.state == WriterState::busy
               ? policy::Fail(policy::ErrorCode::conflict,
                              "the store has an open transaction: end it first")
               : policy::Fail(policy::ErrorCode::unavailable,
                              "the store failed in the middle of a commit: open it anew");
  }
  if (auto begun = connection.Execute("BEGIN IMMEDIATE"); !begun) {
    return tl::unexpected(begun.error());
  }
  writer.state = WriterState::busy;
  return std::unique_ptr<Transaction>(new SqliteTransaction(connection, writer));
}

SqliteTransaction::SqliteTransaction(Connection& connection, Writer& writer)
    : Reading(connection), writer_(writer), proposals_(connection) {}

SqliteTransaction::~SqliteTransaction() {
  End();
}

void SqliteTransaction::End() {
  if (ended_) return;
  ended_ = true;
  if (connection().InTransaction() && !connection().Execute("ROLLBACK")) {
    writer_.state = WriterState::broken;
  }
  if (writer_.state == WriterState::busy) writer_.state = WriterState::free;
}

// After a failure SQLite may have rolled back by itself; what came next would then commit at once,
// each statement for itself. So nothing comes next.
template <class Write>
auto SqliteTransaction::Guarded(Write write) -> decltype(write()) {
  if (failure_) return tl::unexpected(*failure_);
  if (ended_) {
    return policy::Fail(policy::ErrorCode::conflict, "this transaction has ended: begin a new one");
  }
  auto result = write();
  if (!result) failure_ = result.error();
  return result;
}

Result<std::uint64_t> SqliteTransaction::CountProposals(const ProposalQuery& query) {
  if (auto done = Guarded([&] { return proposals_.Flush(); }); !done) {
    return tl::unexpected(done.error());
  }
  return Reading::CountProposals(query);
}

Result<ProposalPage> SqliteTransaction::PageOfProposals(const ProposalQuery& query,
                                                        std::optional<Cursor> after,
                                                        std::size_t limit) {
  if (auto done = Guarded([&] { return proposals_.Flush(); }); !done) {
    return tl::unexpected(done.error());
  }
  return Reading::PageOfProposals(query, after, limit);
}

Result<std::vector<TraitCount>> SqliteTransaction::CountByTrait(const ProposalQuery& query) {
  if (auto done = Guarded([&] { return proposals_.Flush(); }); !done) {
    return tl::unexpected(done.error());
  }
  return Reading::CountByTrait(query);
}

Result<std::int64_t> SqliteTransaction::PutProposal(const Proposal& proposal) {
  return Guarded([&] { return proposals_.Put(proposal); });
}

Result<void> SqliteTransaction::PutVote(const Vote& vote) {
  return Guarded([&] { return proposals_.PutVote(vote); });
}

Result<void> SqliteTransaction::ClearVotes(std::int64_t proposal_id) {
  return Guarded([&] { return proposals_.ClearVotes(proposal_id); });
}

Result<std::uint64_t> SqliteTransaction::ClearOpenActs(const OpenActOf& act,
                                                       std::string_view because) {
  return Guarded([&] { return store::ClearOpenActs(connection(), act, because); });
}

Result<std::int64_t> SqliteTransaction::PutBlock(const Block& block) {
  return Guarded([&] { return store::PutBlock(connection(), block); });
}

Result<void> SqliteTransaction::PutAllowed(const policy::Delta& change, std::uint64_t release) {
  return Guarded([&] { return store::PutAllowed(connection(), change, release); });
}

Result<void> SqliteTransaction::PutRelease(const Release& release) {
  return Guarded([&] { return store::PutRelease(connection(), release); });
}

Result<std::int64_t> SqliteTransaction::PutBrake(const Brake& brake) {
  return Guarded([&] { return store::PutBrake(connection(), brake); });
}

Result<std::int64_t> SqliteTransaction::PutEmergency(const Emergency& emergency) {
  return Guarded([&] { return store::PutEmergency(connection(), emergency); });
}

Result<std::int64_t> SqliteTransaction::PutBulk(const BulkDecision& bulk) {
  return Guarded([&] { return store::PutBulk(connection(), bulk); });
}

Result<void> SqliteTransaction::FixBulkRows(std::int64_t bulk, const ProposalQuery& query) {
  return Guarded([&] { return store::FixBulkRows(connection(), bulk, query); });
}

Result<void> SqliteTransaction::DropBulkRows(std::int64_t bulk, std::int64_t last_proposal) {
  return Guarded([&] { return store::DropBulkRows(connection(), bulk, last_proposal); });
}

Result<void> SqliteTransaction::PutBulkRefusal(std::int64_t bulk, const BulkRefusal& refusal) {
  return Guarded([&] { return store::PutBulkRefusal(connection(), bulk, refusal); });
}

Result<std::int64_t> SqliteTransaction::PutUnblockRequest(const UnblockRequest& request) {
  return Guarded([&] { return store::PutUnblockRequest(connection(), request); });
}

Result<void> SqliteTransaction::ForgetAskers(TimePoint answered_before) {
  return Guarded([&] { return store::ForgetAskers(connection(), answered_before); });
}

Result<bool> SqliteTransaction::AddNotification(const Notification& notification) {
  return Guarded([&] { return store::AddNotification(connection(), notification); });
}

Result<void> SqliteTransaction::PutNotification(const Notification& notification) {
  return Guarded([&] { return store::PutNotification(connection(), notification); });
}

Result<void> SqliteTransaction::SetNotifiedUpTo(std::uint64_t leaf) {
  return Guarded([&] { return store::SetNotifiedUpTo(connection(), leaf); });
}

Result<void> SqliteTransaction::ForgetNotifications(TimePoint done_before) {
  return Guarded([&] { return store::ForgetNotifications(connection(), done_before); });
}

Result<std::int64_t> SqliteTransaction::PutAllowEntry(const AllowEntry& entry) {
  return Guarded([&] { return store::PutAllowEntry(connection(), entry); });
}

Result<std::int64_t> SqliteTransaction::PutRuleChange(const RuleChange& change) {
  return Guarded([&] { return store::PutRuleChange(connection(), change); });
}

Result<std::int64_t> SqliteTransaction::PutStandingApproval(const StandingApproval& approval) {
  return Guarded([&] { return store::PutStandingApproval(connection(), approval); });
}

Result<void> SqliteTransaction::PutDeviceStatus(const DeviceStatus& status) {
  return Guarded([&] { return store::PutDeviceStatus(connection(), status); });
}

Result<void> SqliteTransaction::PutFeedState(const FeedState& state) {
  return Guarded([&] { return store::PutFeedState(connection(), state); });
}

Result<void> SqliteTransaction::PutAccount(const Account& account) {
  return Guarded([&] { return store::PutAccount(connection(), account); });
}

Result<void> SqliteTransaction::PutSession(const Session& session) {
  return Guarded([&] { return store::PutSession(connection(), session); });
}

Result<void> SqliteTransaction::RemoveSession(const policy::Sha256& digest) {
  return Guarded([&] { return store::RemoveSession(connection(), digest); });
}

Result<std::int64_t> SqliteTransaction::PutApiToken(const ApiToken& token) {
  return Guarded([&] { return store::PutApiToken(connection(), token); });
}

Result<void> SqliteTransaction::PutLeaf(const LeafRow& leaf, std::string_view subject,
                                        TimePoint at) {
  return Guarded([&] { return store::PutLeaf(connection(), leaf, subject, at); });
}

Result<void> SqliteTransaction::PutCheckpoint(const CheckpointRow& checkpoint) {
  return Guarded([&] { return store::PutCheckpoint(connection(), checkpoint); });
}

Result<void> SqliteTransaction::Commit() {
  auto done = Guarded([&] { return proposals_.Flush(); });
  if (done) done = CommitAtOnce();
  End();
  if (!done) return done;
  ShortenWal();
  return {};
}

// What is committed is safe in the WAL: where a reader or a full disk hinders this, the WAL only
// grows, and it is tried again after as many frames more.
void SqliteTransaction::ShortenWal() {
  const int frames = connection().WalFrames();
  if (frames < writer_.wal_frames || writer_.checkpoint_at == 0) {
    writer_.checkpoint_at = kWalFramesMax;  // the WAL has started anew
  }
  writer_.wal_frames = frames;
  if (frames < writer_.checkpoint_at) return;
  writer_.checkpoint_at = frames + kWalFramesMax;
  if (auto moved = connection().Checkpoint(SQLITE_CHECKPOINT_PASSIVE); !moved) {
    platform::Warn("could not shorten the write-ahead log: {}", moved.error().detail);
  }
}

Result<void> SqliteTransaction::CommitAtOnce() {
  auto done = connection().Execute("COMMIT");
  if (done) return {};
  if (!IsOutcomeUnknown(connection().ExtendedCode())) return done;
  writer_.state = WriterState::broken;
  return tl::unexpected(OutcomeUnknown(done.error()));
}

}  // namespace agent::store
