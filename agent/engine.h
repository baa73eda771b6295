#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/assessment.h"
#include "agent/cut.h"
#include "agent/feeds/fetcher.h"
#include "agent/history/history_writer.h"
#include "agent/publish/enforcement_service.h"
#include "agent/publish/publication.h"
#include "agent/queue/queue.h"
#include "agent/queue/standing.h"
#include "agent/releases.h"
#include "agent/sources.h"
#include "agent/store/store.h"
#include "platform/clock.h"
#include "policy/allowlist.h"
#include "policy/guardrail.h"
#include "policy/result.h"
#include "policy/validity.h"

namespace agent {

struct EngineSettings {
  policy::Policy policy;
  queue::QueueRules queue;
  policy::ChangeLimits changes;
  std::vector<ListSettings> lists;
  WorldSettings world;
  std::chrono::seconds assess_every = std::chrono::minutes(10);  // since evidence ages
  // How long an unblock request waits for an answer, and then keeps what the asker wrote.
  std::chrono::seconds requests_wait = std::chrono::hours(24 * 14);
  std::chrono::seconds askers_kept = std::chrono::hours(24 * 30);
};

// Which proposals a decision is about: named ones, or all that match.
struct Selection {
  std::vector<std::int64_t> ids;
  std::vector<policy::Sha256> digests;  // as seen, of `ids` in order; or empty
  std::optional<store::ProposalQuery> query;
  std::optional<std::uint64_t> expected_count;  // else `conflict`
  std::string filter;                           // `query` as a person wrote it, for the record
};

struct DecideReport {
  struct Refusal {
    std::int64_t id;
    std::string indicator;
    std::string reason;
  };
  std::uint64_t matched = 0;
  std::uint64_t decided = 0;
  std::uint64_t awaiting = 0;
  std::uint64_t refused_total = 0;
  std::vector<Refusal> refused;         // the first 100
  std::vector<store::Proposal> sample;  // of what matched, the first 20
  std::uint64_t release = 0;            // that holds what was approved; 0 if a brake holds it
  std::int64_t bulk = 0;                // the bulk decision that was started; 0: all is done
  Cut cut;                              // only of a dry run
};

struct RevokeReport {
  std::uint64_t revoked = 0;
  std::uint64_t release = 0;
};

// What a person does in an emergency, alone and at once; another has to review it.
struct EmergencyReport {
  std::vector<store::Emergency> emergencies;
  std::vector<store::Block> blocks;  // put in force or taken out of it
  std::uint64_t release = 0;         // that carries it; 0 if none has to
};

struct EmergencyReview {
  std::int64_t id;
  bool confirms;  // else it overturns
  std::string person;
  std::string reason;
  std::optional<std::chrono::seconds> lifetime;  // of a confirmed block, from now
};

struct UnblockAnswer {
  std::int64_t id;
  bool grants;  // else it declines
  std::string person;
  std::string reason;  // the asker is shown it
  // Grants for so long; then what was blocked is before people again.
  std::optional<std::chrono::seconds> lifetime;
};

struct UnblockReport {
  std::vector<store::UnblockRequest> answered;  // all open ones for the same target
  std::vector<store::Block> blocks;             // taken out of force
  std::uint64_t release = 0;                    // that carries it; 0 if none has to
};

struct RuleVerdict {
  std::int64_t id;  // of the change
  bool approves;    // else it rejects it
  std::string person;
  std::string reason;
  policy::Sha256 seen;  // of the rules that the person was shown; to approve
};

// The agent's one writer: owns all mutable state, numbers releases and history entries. Its
// functions may be called from any thread, wait for its thread, and return once the result is on
// disk. An error means that nothing was changed, except `outcome_unknown`, after which the engine
// stops and has to be opened anew.
//
// Reads go past it, to store::Store::Read and to World.
class Engine final : public publish::DeviceEvents {
 public:
  // Reads the lists in force from the store and publishes them. Everything given has to outlive
  // it. `suffixes` is the Public Suffix List in use.
  static policy::Result<std::unique_ptr<Engine>> Start(
      EngineSettings settings, std::shared_ptr<const policy::PublicSuffixList> suffixes,
      store::Store& store, history::HistoryWriter& history, publish::Publication& publication,
      const platform::Clock& clock);
  ~Engine() override;

  // Decides `ballot` on what is selected. Counts without deciding if `dry_run`. What a query
  // selects and is more than `at_once_max` becomes a bulk decision, which goes on by itself:
  // whatever happens, each of its proposals is decided once or, if it changed meanwhile, not at
  // all.
  policy::Result<DecideReport> Decide(const Selection& selection, const queue::Ballot& ballot,
                                      bool dry_run);
  // What was decided stays so. `conflict` if it is over.
  policy::Result<store::BulkDecision> CancelBulk(std::int64_t id, const std::string& person,
                                                 const std::string& reason);
  // `not_allowed` with the policy's reason where it must not be blocked whatever people want.
  policy::Result<store::Proposal> ProposeByPerson(const policy::Indicator& indicator,
                                                  const std::string& person,
                                                  const std::string& reason,
                                                  std::optional<std::chrono::seconds> lifetime);
  // Takes blocks out of force, by id or by indicator (exactly it). Never held by a brake.
  policy::Result<RevokeReport> Revoke(const std::vector<std::int64_t>& ids,
                                      const std::optional<policy::Indicator>& indicator,
                                      const std::string& person, const std::string& reason);
  // Has blocks in force end later, by `ballot`, an approval (api.proto says how). Of the report,
  // `decided` are those renewed, and refusals have the blocks' ids.
  policy::Result<DecideReport> Renew(const std::vector<std::int64_t>& ids,
                                     const queue::Ballot& ballot);
  policy::Result<std::uint64_t> ReleaseBrake(std::int64_t id, const std::string& person,
                                             const std::string& reason);

  // Emergencies (agent/store/store.h). Puts these in force, each an emergency of its own: past a
  // second approver and past the brakes, never past the allowlist or an unblock under review.
  policy::Result<EmergencyReport> BlockNow(const std::vector<policy::Indicator>& targets,
                                           const std::string& person, const std::string& reason);
  // Takes out of force whatever blocks the target and, with `within`, all that lies in it; nothing
  // brings it back before the review. `not_found` if nothing blocks it.
  policy::Result<EmergencyReport> UnblockNow(const policy::Indicator& target, bool within,
                                             const std::string& person, const std::string& reason,
                                             bool dry_run);
  // `not_allowed` for the person who acted. A block that is overturned is revoked; what an
  // unblock took out is before people again once that is overturned.
  policy::Result<EmergencyReport> Review(const EmergencyReview& review);

  // Answers what somebody without an account asked for; to grant it revokes all that blocks it.
  // `conflict` if it is answered already, `not_found` if nothing blocks what is to be granted.
  policy::Result<UnblockReport> Answer(const UnblockAnswer& answer);
  // People's own entries of the allowlist (agent/own_allowlist.h). Adding one is in force once the
  // assessment that it starts is done, a moment later; `conflict` if it adds nothing. The first
  // person who wants one removed only asks, another one ends it; `not_allowed` for the same.
  policy::Result<store::AllowEntry> AddAllowEntry(const store::AllowEntry& entry);
  policy::Result<store::AllowEntry> RemoveAllowEntry(std::int64_t id, const std::string& person,
                                                     const std::string& reason);

  // Other rules, as YAML (config/policy_settings.h). Another person than who proposed them decides;
  // once approved they hold, without a restart, until the configuration's version is another.
  policy::Result<store::RuleChange> ProposeRules(const std::string& rules,
                                                 const std::string& person,
                                                 const std::string& reason);
  policy::Result<store::RuleChange> DecideRules(const RuleVerdict& verdict);
  std::string configured_policy_version() const;

  // Standing approvals (agent/queue/standing.h). One that becomes active is used on the whole
  // queue, in slices, and from then on on what assessments propose.
  policy::Result<store::StandingApproval> ProposeStanding(const queue::StandingDraft& draft,
                                                          bool dry_run);
  policy::Result<store::StandingApproval> ApproveStanding(const queue::StandingBallot& ballot);
  policy::Result<store::StandingApproval> EndStanding(std::int64_t id, const std::string& person,
                                                      const std::string& reason);

  // Any other change that belongs into the store with its history entries: all or nothing.
  using Append = std::function<policy::Result<void>(const history::Act&)>;
  policy::Result<void> Write(
      const std::function<policy::Result<void>(store::Transaction&, const Append&)>& change);

  // Puts into the history what a person did past the engine.
  policy::Result<void> Record(const history::Act& act);
  // The same, unless an entry of this subject is there already: for what may be repeated.
  policy::Result<void> RecordOnce(const history::Act& act);

  // What LoadLastGood gave at the start, of all sources at once: so nothing is ever judged by a
  // part of it. Once it returns, people's acts are judged by it, too.
  void TakeKept(std::vector<feeds::FetchResult> kept);
  // What a source's fetch gave. Waits while the engine is too far behind.
  void TakeFetch(feeds::FetchResult result);
  // Ends blocks whose time has come, wakes what was deferred, assesses anew when it is due, and
  // goes on with bulk decisions that a stop or a failure interrupted: not before it is known who
  // may vote. Call it about once a second.
  void Tick();
  // Waits until everything taken so far is in the queue. For tests and `feed refresh --wait`.
  void Settle();

  // Whether it stopped for good after a failure of the store, and has to be opened anew.
  bool IsBroken() const;

  std::shared_ptr<const World> world() const;

  // Grows with every change of the store that goes through it, and with every device that leaves.
  // Begins anew with the engine.
  std::uint64_t revision() const;

  // publish::DeviceEvents
  void Connected(const publish::DeviceSettings& device, const sekisho::v1::Hello& hello,
                 std::optional<policy::Validity> certificate) override;
  void Received(const publish::DeviceSettings& device,
                const sekisho::v1::Receipt& receipt) override;
  void Refused(const publish::DeviceSettings& device, std::uint64_t release,
               const sekisho::v1::Nack& nack) override;
  void Disconnected(const publish::DeviceSettings& device) override;
  // Names of the devices with a stream now.
  std::vector<std::string> ConnectedDevices() const;

 private:
  struct Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace agent
