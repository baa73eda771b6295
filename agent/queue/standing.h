#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/history/history_writer.h"
#include "agent/queue/queue.h"
#include "agent/store/store.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::queue {

// What a person wants approved beforehand.
struct StandingDraft {
  std::string filter;
  std::optional<std::chrono::seconds> lifetime;   // of the blocks; none: as of any block
  std::uint32_t uses_per_day;                     // 0: the configured most
  std::optional<std::chrono::seconds> valid_for;  // from now; none: the configured most
  std::string person;
  std::string reason;
};

struct StandingBallot {
  std::int64_t id;
  policy::Sha256 seen;  // the digest that the voter was shown
  std::string voter;
  std::string reason;
  bool needs_step_up = false;  // as in Ballot
};

// Who approves in the name of a rule: "standing:3". No person can be called so.
std::string NameOf(const store::StandingApproval& rule);

// What the history calls it: "standing 3".
std::string SubjectOf(const store::StandingApproval& rule);

// How often it was used on the UTC day of `now`.
std::uint32_t UsesToday(const store::StandingApproval& rule, TimePoint now);

// What a rule is for: pending proposals that take one approver and match. An error is
// `malformed_input` and names the column.
Result<store::ProposalQuery> StandingQuery(const std::string& filter, TimePoint now);

// Standing approvals (docs/decisions/0007): two people approve a rule that a third proposed, and
// the rule then approves what matches, until it expires. Changes and history go into the caller's
// transaction, as with Queue.
//
// Not thread-safe: owned by the engine thread.
class StandingApprovals {
 public:
  // `lifetime_default` and `policy_version` are those of the policy in force, until SetPolicy.
  StandingApprovals(history::HistoryWriter& history, QueueRules rules,
                    std::chrono::seconds lifetime_default, std::string policy_version)
      : history_(history),
        rules_(rules),
        lifetime_default_(lifetime_default),
        policy_version_(std::move(policy_version)) {}

  // Those made under another version are not Active from now on.
  void SetPolicy(std::chrono::seconds lifetime_default, std::string policy_version) {
    lifetime_default_ = lifetime_default;
    policy_version_ = std::move(policy_version);
  }

  // The rule that it would be. `malformed_input`, or `not_allowed` beyond a configured limit.
  Result<store::StandingApproval> Draft(const StandingDraft& draft, TimePoint now) const;

  // `exhausted` while there are too many.
  Result<store::StandingApproval> Propose(store::Transaction& transaction,
                                          const StandingDraft& draft, TimePoint now);

  // Counts the vote; with the second of two people's the rule is active. `not_allowed` for who
  // proposed it or has to confirm the session, `conflict` for a rule that is not waiting or another
  // digest.
  Result<store::StandingApproval> Approve(store::Transaction& transaction,
                                          const StandingBallot& ballot, TimePoint now);

  // `conflict` for a rule that has ended already. What it approved stays approved.
  Result<store::StandingApproval> End(store::Transaction& transaction, std::int64_t id,
                                      const std::string& person, const std::string& reason,
                                      TimePoint now);

  // Ends those that may not go on: expired, of other policy rules, or active without two votes that
  // still count.
  Result<void> EndLapsed(store::Transaction& transaction, TimePoint now);

  // Those that may be used now.
  Result<std::vector<store::StandingApproval>> Active(store::Reader& reader, TimePoint now) const;

 private:
  Result<store::StandingApproval> Find(store::Reader& reader, std::int64_t id) const;
  std::string WhyOver(const store::StandingApproval& rule, TimePoint now) const;
  Result<void> EndBecause(store::Transaction& transaction, store::StandingApproval& rule,
                          const std::string& actor, const std::string& because, TimePoint now);

  history::HistoryWriter& history_;
  const QueueRules rules_;
  std::chrono::seconds lifetime_default_;
  std::string policy_version_;
};

// The rules in use within one transaction: finds the one that matches, and counts.
class StandingUses {
 public:
  StandingUses(std::vector<store::StandingApproval> active, TimePoint now);

  bool empty() const { return uses_.empty(); }
  // The oldest rule that matches and has not been used up today; null for none.
  const store::StandingApproval* Find(const store::Proposal& proposal) const;
  // The rule of that id while it has not been used up today; else null.
  const store::StandingApproval* Find(std::int64_t id) const;
  void Count(const store::StandingApproval& rule);  // one of Find's
  // Puts what was counted into the store.
  Result<void> Store(store::Transaction& transaction) const;

 private:
  struct Use {
    store::StandingApproval rule;
    store::ProposalQuery query;
    std::uint32_t today;  // before and within this transaction
  };
  std::vector<Use> uses_;
  std::set<std::int64_t> counted_;
  TimePoint now_;
};

}  // namespace agent::queue
