#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/history/history_writer.h"
#include "agent/store/store.h"
#include "policy/digest.h"
#include "policy/indicator.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::queue {

using policy::Result;
using policy::TimePoint;

struct QueueRules {
  std::chrono::seconds lifetime_max;        // of a block
  std::chrono::seconds deferral_default;    // until a deferred proposal is pending again
  std::chrono::seconds rejection_lifetime;  // until the policy may propose the same again
  // Of more than so many at once, a decision is carried out in slices of so many.
  std::uint64_t at_once_max = 5000;
  std::size_t bulk_slice = 1000;
  // An approval of more than so many at once takes two people.
  std::uint64_t bulk_alone_max = 1000;
  // How long a vote counts that waits for another, and an approval that waits for a release.
  std::chrono::seconds approval_lifetime = std::chrono::hours(24 * 7);
  // What one person did in an emergency ends by itself unless another confirms it.
  std::chrono::seconds emergency_block_lifetime = std::chrono::hours(24);
  std::chrono::seconds emergency_unblock_lifetime = std::chrono::hours(24 * 7);
  // The most that a standing approval may ask for.
  std::chrono::seconds standing_lifetime_max = std::chrono::hours(24 * 30);
  std::uint32_t standing_uses_max = 1000;  // a day
};

// What somebody wants blocked: the policy, from its decision, or a person.
struct Candidate {
  policy::Indicator target;
  std::chrono::seconds lifetime;
  std::string policy_version;
  int confidence = 0;
  bool needs_two = false;
  std::string proposed_by;  // a person, or "policy"
  std::string reason;       // the person's own
  std::string feeds;        // as in store::Proposal, like all below
  std::string threat;
  std::string malware;
  std::string campaign = {};
  std::string reason_codes;
  std::string reasons;
  std::string evidence;
  std::uint64_t sources_total = 0;
  std::int64_t hits = 0;
};

// The code of the reason that a proposal gets when it is rejected as a false positive; the policy
// trusts the target less from then on.
inline constexpr std::string_view false_positive_code = "false-positive";

// The code of the reason that a proposal gets which is about a block that is in force already.
inline constexpr std::string_view renewal_code = "renewal";

// Whether a rejection's reason begins with "false positive", "false-positive" or "誤検知".
bool MeansFalsePositive(std::string_view reason);

// Who decided a proposal that is not open any more, as far as votes tell.
struct Decided {
  std::string by;  // names, joined by ","; "policy" if it was withdrawn; empty after a revocation
  TimePoint at;
  std::string reason;
};
Decided DecidedBy(const store::Proposal& proposal, const std::vector<store::Vote>& votes);

struct Ballot {
  std::string voter;
  store::Verdict verdict;
  std::string reason;                            // required
  std::optional<std::chrono::seconds> lifetime;  // approve: of the block; defer: the wait
  std::optional<policy::Sha256> seen;            // the digest that the voter was shown
  bool is_bulk = false;                          // one of so many at once that it takes two people
  std::int64_t bulk = 0;                         // the bulk decision that it is part of
  bool cuts_off_many = false;  // of our own clients, by what they use now: likewise
  // The voter's session has not been confirmed of late, which what takes two people demands.
  bool needs_step_up = false;
  // It names this proposal alone: that somebody decided it meanwhile is then a `conflict`, rather
  // than one refusal of many.
  bool is_alone = false;
};

// What an error begins with where the voter has to confirm the session.
inline constexpr std::string_view step_up_required = "step-up required";

// What became of a vote.
struct Ruling {
  enum class Kind : std::uint8_t {
    decided,   // the proposal reached its verdict
    awaiting,  // the vote counts, and another person's is needed
    refused,   // a rule forbids the vote; nothing changed
  };
  Kind kind;
  std::string refusal;                // why, where refused
  std::optional<store::Block> block;  // that the approval made, or renewed; waits for a release
};

// Says why a proposal must not be approved now, whatever people want: the allowlist changed, say.
using Veto = std::function<std::optional<std::string>(const store::Proposal&)>;

// Proposals, votes and what follows from them. Every change goes with its history entry into the
// caller's transaction, which the caller seals and commits; an error means that the transaction
// must be rolled back.
//
// Not thread-safe: owned by the engine thread.
class Queue {
 public:
  Queue(history::HistoryWriter& history, QueueRules rules) : history_(history), rules_(rules) {}

  // Puts a candidate before people, or brings its pending proposal up to date; a change of content
  // voids the votes on it. What is decided stays so: a rejected target is proposed anew only once
  // the rejection has lapsed or a person proposes it, an approved one only once `in_force` is
  // false; until then the policy keeps but its own waiting renewal up to date. Returns the
  // proposal, or none where nothing is to be proposed.
  Result<std::optional<store::Proposal>> Propose(store::Transaction& transaction,
                                                 const Candidate& candidate, bool in_force,
                                                 TimePoint now);

  // Puts a block in force before people again, as what would be proposed if it ended now: approved,
  // it gives the block another end. Returns the proposal, which may have waited already; none where
  // people turned down to go on with it.
  Result<std::optional<store::Proposal>> ProposeRenewal(store::Transaction& transaction,
                                                        const Candidate& candidate,
                                                        const store::Block& block, TimePoint now);

  // Takes back what nothing supports any more. A person's own proposal is not touched.
  Result<void> Withdraw(store::Transaction& transaction, store::Proposal proposal,
                        const std::string& why, TimePoint now);

  // `not_found` for an unknown proposal, `conflict` when the digest seen is not the one it has;
  // `not_allowed`, beginning with step_up_required, when the voter's session has to be confirmed:
  // an error rather than a refusal, so that the whole act waits for it and is then done as one.
  Result<Ruling> Vote(store::Transaction& transaction, std::int64_t proposal_id,
                      const Ballot& ballot, const Veto& veto, TimePoint now);

  // Approves in the name of a standing approval. The caller has made sure that it may.
  Result<store::Block> ApproveByRule(store::Transaction& transaction, store::Proposal proposal,
                                     const store::StandingApproval& rule, TimePoint now);

  // Approves by one person's word, whatever the proposal needs. The block ends after
  // `emergency_block_lifetime`; the caller records the emergency.
  Result<store::Block> ApproveInEmergency(store::Transaction& transaction, store::Proposal proposal,
                                          const std::string& person, const std::string& reason,
                                          TimePoint now);

  // Another person stands by such a block, which then lasts `lifetime` from now. `not_allowed` for
  // more than a block may last.
  Result<store::Block> ConfirmEmergency(store::Transaction& transaction, store::Block block,
                                        const std::string& person, const std::string& reason,
                                        std::chrono::seconds lifetime, TimePoint now);

  // Puts what a block was made of before people again, without votes, unless it was decided anew.
  Result<void> Reopen(store::Transaction& transaction, const store::Block& block, TimePoint now);

  // Decides that a block ends; the next release carries it. Returns the block as it is now.
  Result<store::Block> Remove(store::Transaction& transaction, store::Block block,
                              const std::string& actor, const std::string& because, TimePoint now);

  // Turns down the proposal of a block that a person revoked, so that feeds that still name the
  // target do not bring it back before the rejection has lapsed.
  Result<void> RejectAfterRevocation(store::Transaction& transaction, const store::Block& block,
                                     TimePoint now);

  // The same, but only until then: the proposal is deferred, and before people again afterwards.
  Result<void> DeferAfterRevocation(store::Transaction& transaction, const store::Block& block,
                                    TimePoint until, TimePoint now);

  // Makes deferred proposals pending whose time has come. Returns how many.
  Result<std::uint64_t> WakeDeferred(store::Transaction& transaction, TimePoint now);

 private:
  Result<void> Record(store::Transaction& transaction, const std::string& actor,
                      const std::string& action, const policy::Indicator& subject,
                      std::string detail, TimePoint now);
  Result<Ruling> RefuseDecided(store::Transaction& transaction, const store::Proposal& proposal,
                               bool is_alone);
  Result<Ruling> Approve(store::Transaction& transaction, store::Proposal proposal,
                         const Ballot& ballot, TimePoint now);
  Result<Ruling> TurnDown(store::Transaction& transaction, store::Proposal proposal,
                          const Ballot& ballot, TimePoint now);
  // Approved by `last` and maybe others: makes the block, or renews the one that is in force.
  Result<store::Block> Settle(store::Transaction& transaction, store::Proposal proposal,
                              const store::Vote& last, const std::string& approved_by,
                              std::int64_t bulk, TimePoint now);
  Result<store::Block> Renew(store::Transaction& transaction, store::Block block,
                             const store::Proposal& proposal, const store::Vote& last,
                             const std::string& approved_by, TimePoint now);
  Result<std::optional<store::Proposal>> Refresh(store::Transaction& transaction,
                                                 const store::Proposal& last,
                                                 const Candidate& candidate, bool in_force,
                                                 TimePoint now);
  Result<std::optional<store::Proposal>> Put(store::Transaction& transaction,
                                             store::Proposal proposal, const std::string& reason,
                                             TimePoint now);

  history::HistoryWriter& history_;
  const QueueRules rules_;
};

}  // namespace agent::queue
