#pragma once

#include "agent/store/sqlite_allow_entries.h"
#include "agent/store/sqlite_blocks.h"
#include "agent/store/sqlite_bulk.h"
#include "agent/store/sqlite_connection.h"
#include "agent/store/sqlite_emergencies.h"
#include "agent/store/sqlite_leaves.h"
#include "agent/store/sqlite_notifications.h"
#include "agent/store/sqlite_people.h"
#include "agent/store/sqlite_proposals.h"
#include "agent/store/sqlite_releases.h"
#include "agent/store/sqlite_rule_changes.h"
#include "agent/store/sqlite_standing.h"
#include "agent/store/sqlite_unblock_requests.h"
#include "agent/store/sqlite_waits.h"
#include "agent/store/store.h"

namespace agent::store {

// Every read of Reader over one connection: the same for readers and, as `Interface` says, for the
// transaction that reads its own writes.
template <class Interface>
class Reading : public Interface {
 public:
  explicit Reading(Connection& connection) : connection_(connection), proposals_(connection) {}

  using Visit = std::function<bool(const Block&)>;

  Result<std::optional<Proposal>> FindProposal(std::int64_t id) override {
    return proposals_.Find(id);
  }
  Result<std::optional<Proposal>> FindProposal(const policy::Indicator& target) override {
    return proposals_.Find(target);
  }
  Result<std::vector<Proposal>> ListProposals(const ProposalQuery& query,
                                              std::optional<Reader::Cursor> after,
                                              std::size_t limit) override {
    return proposals_.List(query, after, limit);
  }
  Result<std::uint64_t> CountProposals(const ProposalQuery& query) override {
    return proposals_.Count(query);
  }
  Result<ProposalPage> PageOfProposals(const ProposalQuery& query,
                                       std::optional<Reader::Cursor> after,
                                       std::size_t limit) override {
    return proposals_.Page(query, after, limit);
  }
  Result<void> ForEachProposal(const ProposalQuery& query,
                               const std::function<bool(const Proposal&)>& visit) override {
    return proposals_.ForEach(query, visit);
  }
  Result<std::vector<TraitCount>> CountByTrait(const ProposalQuery& query) override {
    return proposals_.CountByTrait(query);
  }
  Result<void> ForEachTarget(const ProposalQuery& query,
                             const std::function<bool(const policy::Indicator&)>& visit) override {
    return proposals_.ForEachTarget(query, visit);
  }
  Result<std::vector<std::pair<TimePoint, std::uint64_t>>> PendingByHour() override {
    return store::PendingByHour(connection_);
  }
  Result<std::vector<Reader::Wait>> NewestWaits(std::size_t limit) override {
    return store::NewestWaits(connection_, limit);
  }
  Result<std::vector<Vote>> VotesOn(std::int64_t proposal_id) override {
    return proposals_.VotesOn(proposal_id);
  }

  Result<std::optional<Block>> FindBlock(std::int64_t id) override {
    return store::FindBlock(connection_, id);
  }
  Result<std::vector<Block>> BlocksOf(const policy::Indicator& target) override {
    return store::BlocksOf(connection_, target);
  }
  Result<void> ForEachLiveBlock(const Visit& visit) override {
    return store::ForEachLiveBlock(connection_, visit);
  }
  Result<std::vector<Block>> ListBlocks(bool include_removed, std::int64_t after_id,
                                        std::size_t limit) override {
    return store::ListBlocks(connection_, include_removed, after_id, limit);
  }
  Result<std::vector<Block>> ExpiringBlocks(TimePoint until, std::size_t limit) override {
    return store::ExpiringBlocks(connection_, until, limit);
  }
  Result<std::uint64_t> CountBlocks(bool include_removed) override {
    return store::CountBlocks(connection_, include_removed);
  }
  Result<void> ForEachBlockAt(std::uint64_t release, const Visit& visit) override {
    return store::ForEachBlockAt(connection_, release, visit);
  }
  Result<void> ForEachAllowedAt(std::uint64_t release,
                                const std::function<bool(const std::string&)>& visit) override {
    return store::ForEachAllowedAt(connection_, release, visit);
  }
  Result<Reader::BlockChange> BlocksBetween(std::uint64_t from, std::uint64_t to) override {
    return store::BlocksBetween(connection_, from, to);
  }

  Result<std::optional<Release>> FindRelease(std::uint64_t number) override {
    return store::FindRelease(connection_, number);
  }
  Result<std::optional<Release>> LatestRelease() override {
    return store::LatestRelease(connection_);
  }
  Result<std::optional<Release>> ReleaseAt(TimePoint at) override {
    return store::ReleaseAt(connection_, at);
  }
  Result<std::vector<Release>> ListReleases(std::uint64_t before, std::size_t limit) override {
    return store::ListReleases(connection_, before, limit);
  }

  Result<std::vector<Brake>> OpenBrakes() override { return store::OpenBrakes(connection_); }
  Result<std::vector<DeviceStatus>> DeviceStatuses() override {
    return store::DeviceStatuses(connection_);
  }
  Result<std::vector<FeedState>> FeedStates() override { return store::FeedStates(connection_); }

  Result<std::optional<Emergency>> FindEmergency(std::int64_t id) override {
    return store::FindEmergency(connection_, id);
  }
  Result<std::vector<Emergency>> OpenEmergencies() override {
    return store::OpenEmergencies(connection_);
  }
  Result<std::vector<Emergency>> ListEmergencies(std::int64_t before, std::size_t limit) override {
    return store::ListEmergencies(connection_, before, limit);
  }

  Result<std::optional<BulkDecision>> FindBulk(std::int64_t id) override {
    return store::FindBulk(connection_, id);
  }
  Result<std::vector<BulkDecision>> RunningBulk() override {
    return store::RunningBulk(connection_);
  }
  Result<std::vector<BulkDecision>> ListBulk(std::int64_t before, std::size_t limit) override {
    return store::ListBulk(connection_, before, limit);
  }
  Result<std::vector<BulkRow>> BulkRows(std::int64_t bulk, std::size_t limit) override {
    return store::BulkRows(connection_, bulk, limit);
  }
  Result<std::vector<BulkRefusal>> BulkRefusals(std::int64_t bulk) override {
    return store::BulkRefusals(connection_, bulk);
  }

  Result<std::optional<UnblockRequest>> FindUnblockRequest(std::int64_t id) override {
    return store::FindUnblockRequest(connection_, id);
  }
  Result<std::optional<UnblockRequest>> FindUnblockRequest(const policy::Sha256& token) override {
    return store::FindUnblockRequest(connection_, token);
  }
  Result<std::vector<UnblockRequest>> OpenUnblockRequests() override {
    return store::OpenUnblockRequests(connection_);
  }
  Result<std::uint64_t> CountOpenUnblockRequests() override {
    return store::CountOpenUnblockRequests(connection_);
  }
  Result<std::vector<UnblockRequest>> ListUnblockRequests(std::int64_t before,
                                                          std::size_t limit) override {
    return store::ListUnblockRequests(connection_, before, limit);
  }

  Result<std::vector<Notification>> WaitingNotifications(const std::string& channel,
                                                         std::size_t limit) override {
    return store::WaitingNotifications(connection_, channel, limit);
  }
  Result<std::vector<Notification>> ListNotifications(std::int64_t before,
                                                      std::size_t limit) override {
    return store::ListNotifications(connection_, before, limit);
  }
  Result<std::uint64_t> CountLateNotifications() override {
    return store::CountLateNotifications(connection_);
  }
  Result<std::optional<std::uint64_t>> NotifiedUpTo() override {
    return store::NotifiedUpTo(connection_);
  }
  Result<WaitingVotes> VotesThatWait() override { return store::VotesThatWait(connection_); }

  Result<std::vector<AllowEntry>> OpenAllowEntries() override {
    return store::OpenAllowEntries(connection_);
  }

  Result<std::vector<RuleChange>> RuleChanges(std::size_t limit) override {
    return store::RuleChanges(connection_, limit);
  }
  Result<std::optional<RuleChange>> FindRuleChange(std::int64_t id) override {
    return store::FindRuleChange(connection_, id);
  }

  Result<std::optional<StandingApproval>> FindStandingApproval(std::int64_t id) override {
    return store::FindStandingApproval(connection_, id);
  }
  Result<std::vector<StandingApproval>> OpenStandingApprovals() override {
    return store::OpenStandingApprovals(connection_);
  }
  Result<std::vector<StandingApproval>> ListStandingApprovals(std::int64_t before,
                                                              std::size_t limit) override {
    return store::ListStandingApprovals(connection_, before, limit);
  }

  Result<std::vector<Account>> Accounts() override { return store::Accounts(connection_); }
  Result<std::vector<Session>> Sessions() override { return store::Sessions(connection_); }
  Result<std::vector<ApiToken>> ApiTokens() override { return store::ApiTokens(connection_); }
  Result<std::vector<OpenActOf>> OpenActs() override { return store::OpenActs(connection_); }

  Result<std::uint64_t> LeafCount() override { return store::LeafCount(connection_); }
  Result<std::vector<LeafRow>> Leaves(std::uint64_t from, std::size_t limit) override {
    return store::Leaves(connection_, from, limit);
  }
  Result<std::vector<LeafRow>> LeavesAbout(std::string_view subject, std::uint64_t from,
                                           std::size_t limit) override {
    return store::LeavesAbout(connection_, subject, from, limit);
  }
  Result<std::vector<LeafRow>> NewestLeavesAbout(std::string_view subject,
                                                 std::size_t limit) override {
    return store::NewestLeavesAbout(connection_, subject, limit);
  }
  Result<std::uint64_t> FirstLeafSince(TimePoint since) override {
    return store::FirstLeafSince(connection_, since);
  }
  Result<std::vector<CheckpointRow>> Checkpoints(std::uint64_t after_size,
                                                 std::size_t limit) override {
    return store::Checkpoints(connection_, after_size, limit);
  }
  Result<std::optional<CheckpointRow>> LatestCheckpoint() override {
    return store::LatestCheckpoint(connection_);
  }

 protected:
  Connection& connection() { return connection_; }

 private:
  Connection& connection_;
  ProposalReads proposals_;
};

}  // namespace agent::store
