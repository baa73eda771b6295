#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/engine.h"
#include "agent/sources.h"
#include "agent/veto.h"

namespace agent {

// Of all times: more belong into a file.
inline constexpr std::size_t rule_changes_max = 10'000;

// What the engine's thread does: every change of state, one transaction each, with the release and
// the history entries that follow from it. Not thread-safe but for `Unsupported`, `world`,
// `SetWorld` and `is_broken`.
class EngineCore {
 public:
  EngineCore(EngineSettings settings, std::shared_ptr<const policy::PublicSuffixList> suffixes,
             store::Store& store, history::HistoryWriter& history,
             publish::Publication& publication, const platform::Clock& clock);

  // Call once, first.
  policy::Result<void> Open();

  policy::Result<DecideReport> Decide(const Selection& selection, const queue::Ballot& ballot,
                                      bool dry_run);
  policy::Result<store::BulkDecision> CancelBulk(std::int64_t id, const std::string& person,
                                                 const std::string& reason);
  // Does a slice of the oldest bulk decision that is running. False: there is nothing more to do
  // now.
  bool CarryOnBulk();
  bool HasBulk() const { return releases_.OldestBulk().has_value(); }
  policy::Result<store::Proposal> ProposeByPerson(const policy::Indicator& indicator,
                                                  const std::string& person,
                                                  const std::string& reason,
                                                  std::optional<std::chrono::seconds> lifetime);
  policy::Result<RevokeReport> Revoke(const std::vector<std::int64_t>& ids,
                                      const std::optional<policy::Indicator>& indicator,
                                      const std::string& person, const std::string& reason);
  policy::Result<DecideReport> Renew(const std::vector<std::int64_t>& ids,
                                     const queue::Ballot& ballot);
  policy::Result<std::uint64_t> ReleaseBrake(std::int64_t id, const std::string& person,
                                             const std::string& reason);

  policy::Result<EmergencyReport> BlockNow(const std::vector<policy::Indicator>& targets,
                                           const std::string& person, const std::string& reason);
  policy::Result<EmergencyReport> UnblockNow(const policy::Indicator& target, bool within,
                                             const std::string& person, const std::string& reason,
                                             bool dry_run);
  policy::Result<EmergencyReport> Review(const EmergencyReview& review);

  policy::Result<UnblockReport> Answer(const UnblockAnswer& answer);
  policy::Result<store::AllowEntry> AddAllowEntry(store::AllowEntry entry);
  policy::Result<store::AllowEntry> RemoveAllowEntry(std::int64_t id, const std::string& person,
                                                     const std::string& reason);

  policy::Result<store::RuleChange> ProposeRules(const std::string& text, const std::string& person,
                                                 const std::string& reason);
  policy::Result<store::RuleChange> DecideRules(const RuleVerdict& verdict);
  const std::string& configured_policy_version() const { return settings_.policy.version; }

  policy::Result<store::StandingApproval> ProposeStanding(const queue::StandingDraft& draft,
                                                          bool dry_run);
  policy::Result<store::StandingApproval> ApproveStanding(const queue::StandingBallot& ballot);
  policy::Result<store::StandingApproval> EndStanding(std::int64_t id, const std::string& person,
                                                      const std::string& reason);
  // Has a standing approval that became active approve the next slice of the queue. Gives whether
  // there is more to do.
  bool SweepStanding();

  // Gives whether an entry was added: with `once`, only if none has its subject yet.
  policy::Result<bool> Record(const history::Act& act, bool once);

  void Tick();
  void TakeFetch(const feeds::FetchResult& result);
  void TakeKept(const std::vector<feeds::FetchResult>& kept);

  // What an assessment needs, if one is due.
  struct Work {
    Sources sources;
    bool all = false;  // of everything: time has passed
    // To assess even if nothing else is said of them: people refused them, refusals lapsed, or
    // blocks ended.
    std::set<policy::Indicator> also;
    std::shared_ptr<const std::set<policy::Indicator>> rejected_hosts;
    policy::TimePoint now;
  };
  std::optional<Work> NextWork();
  // Puts candidates before people, or brings their proposals up to date. False: nothing is changed.
  bool Propose(const std::vector<queue::Candidate>& candidates, policy::TimePoint now);
  // Open proposals, and maybe others, of what was assessed and isn't proposed any more.
  policy::Result<std::vector<policy::Indicator>> Unsupported(const Assessment& assessment) const;
  // Takes back what nothing supports any more and what the allowlist forbids now: proposals, of
  // those that Unsupported gave, and blocks in force.
  void TakeBack(const Assessment& assessment, const std::vector<policy::Indicator>& unsupported,
                const World& current, policy::TimePoint now);

  using Append = std::function<policy::Result<void>(const history::Act&)>;
  policy::Result<void> Write(
      const std::function<policy::Result<void>(store::Transaction&, const Append&)>& change);

  // Whether a list of that release is still the one that its devices ought to have.
  bool IsWanted(const std::string& list, std::uint64_t release) const;
  // Records what a device said: `change` brings its status up to date and says what the history
  // shall tell of it, if anything.
  void StoreDevice(const std::string& device,
                   const std::function<history::Act(store::DeviceStatus&)>& change);

  std::shared_ptr<const World> world() const;
  void SetWorld(std::shared_ptr<const World> next);  // unless it is older than the one there is
  std::uint64_t revision() const { return revision_; }
  void CountChange() { ++revision_; }  // of what the store does not have; any thread
  bool is_broken() const { return is_broken_; }
  const platform::Clock& clock() const { return clock_; }

 private:
  template <class T>
  using Act = std::function<policy::Result<T>(store::Transaction&)>;

  // Runs `act` in one transaction with the release that follows from it. On an error nothing of it
  // remains, in the store or in memory.
  template <class T>
  policy::Result<T> Commit(const std::string& cause, const Act<T>& act);
  tl::unexpected<policy::Error> Undo(std::unique_ptr<store::Transaction>& transaction,
                                     policy::Error error);
  void Break(const policy::Error& error);

  // What a vote is about, in order.
  struct Selected {
    std::int64_t id;
    std::uint64_t clients;  // of our own, that a block would cut off
  };
  policy::Result<std::vector<Selected>> Select(store::Transaction& transaction,
                                               const Selection& selection, const World& world,
                                               DecideReport& report);
  // `conflict` if it is not as many as were expected.
  static policy::Result<void> CheckCount(const Selection& selection, std::uint64_t matched);
  policy::Result<DecideReport> VoteOnAll(store::Transaction& transaction,
                                         const Selection& selection, queue::Ballot ballot);
  policy::Result<queue::Ruling> VoteOn(store::Transaction& transaction, std::int64_t id,
                                       const queue::Ballot& ballot, const Holds& holds);
  policy::Result<DecideReport> StartBulk(store::Transaction& transaction,
                                         const Selection& selection, const queue::Ballot& ballot,
                                         std::uint64_t matched);
  policy::Result<void> DecideSlice(store::Transaction& transaction, store::BulkDecision bulk);
  policy::Result<void> CountInBulk(store::Transaction& transaction, std::int64_t proposal,
                                   const queue::Ruling& ruling, store::BulkDecision& bulk);
  policy::Result<void> Stop(store::Transaction& transaction, store::BulkDecision bulk);
  policy::Result<void> EndBulk(store::Transaction& transaction, store::BulkDecision bulk,
                               const std::string& actor);
  policy::Result<void> NoteRefusal(store::Transaction& transaction, std::int64_t id);
  // A block that an approval made, or renewed.
  void TakeApproved(const store::Block& block);
  static policy::Result<std::vector<store::Block>> BlocksOf(store::Transaction& transaction,
                                                            const std::vector<std::int64_t>& ids);
  Assessment ProposedOf(const std::vector<store::Block>& blocks) const;
  policy::Result<void> RenewOne(store::Transaction& transaction, const store::Block& block,
                                const std::vector<store::Emergency>& open,
                                const Assessment& proposed, queue::Ballot ballot,
                                DecideReport& report);
  policy::Result<std::string> WhyNotRenewed(store::Transaction& transaction,
                                            const store::Block& block,
                                            const std::vector<store::Emergency>& open,
                                            const queue::Ballot& ballot);
  policy::Result<void> Count(store::Transaction& transaction, std::int64_t id,
                             const queue::Ruling& ruling, DecideReport& report);
  policy::Result<void> RemoveById(store::Transaction& transaction, std::int64_t id,
                                  const std::string& actor, const std::string& because,
                                  Departure departure);
  // What a person wants blocked; `not_allowed` with the policy's reason where it must not be.
  policy::Result<queue::Candidate> PersonsCandidate(const World& world,
                                                    const policy::Indicator& indicator,
                                                    const std::string& person,
                                                    const std::string& reason,
                                                    policy::TimePoint now) const;
  policy::Result<void> BlockOneNow(store::Transaction& transaction, const Holds& holds,
                                   const queue::Candidate& candidate, EmergencyReport& report);
  policy::Result<std::vector<std::int64_t>> Blocking(const policy::Indicator& target,
                                                     bool within) const;
  policy::Result<void> Close(store::Transaction& transaction, store::Emergency emergency,
                             store::EmergencyState state, const std::string& actor,
                             const std::string& reason);
  policy::Result<void> CarryOut(store::Transaction& transaction, const store::Emergency& emergency,
                                const EmergencyReview& review, EmergencyReport& report);
  policy::Result<void> EndEmergencies(store::Transaction& transaction, policy::TimePoint now);
  policy::Result<void> EndRequests(store::Transaction& transaction, policy::TimePoint now);
  policy::Result<void> Grant(store::Transaction& transaction, const UnblockAnswer& answer,
                             const policy::Indicator& target, UnblockReport& report);
  policy::Result<std::int64_t> LiveBlock(const policy::Indicator& indicator) const;
  policy::Result<std::string> LiftBrake(store::Transaction& transaction, std::int64_t id,
                                        const std::string& person, const std::string& reason);

  // Those in force, after a start; ends them where the configuration's are others than before.
  policy::Result<void> ResumeRules(const std::vector<store::RuleChange>& changes);
  policy::Result<void> UseRules(const store::RuleChange& change);
  policy::Result<void> CheckMayApprove(const store::RuleChange& change, const RuleVerdict& verdict);
  policy::Result<void> EndRulesInForce(store::Transaction& transaction);
  void SetOwnEntries(const std::vector<store::AllowEntry>& entries);
  // By somebody, not too long ago.
  bool IsRemovalAsked(const store::AllowEntry& entry) const;
  policy::Result<void> EndExpiredEntries(store::Transaction& transaction, policy::TimePoint now);

  // Nothing while the clock is not to be believed.
  policy::Result<queue::StandingUses> UsableRules(store::Reader& reader,
                                                  policy::TimePoint now) const;
  policy::Result<void> ApproveByRule(store::Transaction& transaction, const Holds& holds,
                                     queue::StandingUses& uses, const store::StandingApproval* rule,
                                     const store::Proposal& proposal, policy::TimePoint now);
  // Where the sweep goes on; none at the end.
  policy::Result<std::optional<store::Reader::Cursor>> SweepSlice(
      store::Transaction& transaction, std::int64_t rule,
      std::optional<store::Reader::Cursor> after);

  bool ClockJumped(policy::TimePoint now);
  void EngageClockBrake(policy::TimePoint before, policy::TimePoint now);
  // Whether the history shall tell of a fetch; takes it down as told.
  bool IsNews(const std::string& name, const feeds::FetchResult& result,
              const store::FeedState& state);
  policy::Result<void> RecordFetch(store::Transaction& transaction,
                                   const feeds::FetchResult& result);
  // Nothing if `detail` is empty.
  policy::Result<void> RecordAllowlist(store::Transaction& transaction, const std::string& name,
                                       policy::TimePoint at, const std::string& action,
                                       const std::string& detail);
  void ExpireAllowlists(policy::TimePoint now);
  policy::Result<void> ReadRefusals(policy::TimePoint now);
  void AssessAlso(const policy::Indicator& target);
  policy::Result<void> Withdraw(store::Transaction& transaction,
                                const std::vector<policy::Indicator>& unsupported,
                                policy::TimePoint now);
  policy::Result<void> RemoveUnsupported(store::Transaction& transaction,
                                         const Assessment& assessment, const World& current,
                                         policy::TimePoint now);

  const EngineSettings settings_;
  store::Store& store_;
  history::HistoryWriter& history_;
  publish::Publication& publication_;
  const platform::Clock& clock_;
  queue::Queue queue_;
  queue::StandingApprovals standing_;
  // Standing approvals that became active, and where in the queue each has got to.
  std::map<std::int64_t, std::optional<store::Reader::Cursor>> sweeps_;
  Releases releases_;
  Sources sources_;
  std::map<std::string, std::uint64_t> rejected_rows_;  // by source, of the last good file
  struct Told {
    std::string state;
    std::string sha256;
    policy::TimePoint at;
  };
  std::map<std::string, Told> told_;  // by source: the fetch that the history told of last
  bool assess_wanted_ = true;
  policy::TimePoint assess_all_at_{};
  std::set<policy::Indicator> assess_also_;
  bool refusals_changed_ = true;
  // Targets whose block people refused, as last read.
  std::shared_ptr<const std::set<policy::Indicator>> rejected_hosts_ =
      std::make_shared<const std::set<policy::Indicator>>();
  policy::TimePoint wake_at_{};
  std::optional<std::pair<policy::TimePoint, std::chrono::steady_clock::time_point>> last_tick_;
  bool clock_brake_ = false;
  std::string broken_;  // why nothing is done any more; empty while all is well
  std::atomic<bool> is_broken_{false};
  std::atomic<std::uint64_t> revision_{0};

  mutable std::mutex world_mutex_;
  std::shared_ptr<const World> world_;
};

// Defined here for the files that use it.
template <class T>
policy::Result<T> EngineCore::Commit(const std::string& cause, const Act<T>& act) {
  if (!broken_.empty()) return policy::Fail(policy::ErrorCode::unavailable, broken_);
  auto transaction = store_.Begin();
  if (!transaction) return tl::unexpected(transaction.error());
  auto result = act(**transaction);
  if (!result) return Undo(*transaction, result.error());
  auto release = releases_.Compose(**transaction, history_, cause, clock_.Now());
  if (!release) return Undo(*transaction, release.error());
  if (auto sealed = history_.Seal(**transaction); !sealed) {
    return Undo(*transaction, sealed.error());
  }
  if (auto committed = (*transaction)->Commit(); !committed) {
    if (committed.error().code == policy::ErrorCode::outcome_unknown) Break(committed.error());
    return Undo(*transaction, committed.error());
  }
  history_.Committed();
  ++revision_;
  for (auto& [list, state] : releases_.Commit()) publication_.Publish(list, std::move(state));
  return result;
}

}  // namespace agent
