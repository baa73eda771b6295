// What standing approvals do: two people's approval of whatever will match a rule.
#include <utility>

#include "agent/engine_core.h"
#include "platform/log.h"

namespace agent {
namespace {

using policy::Result;
using policy::TimePoint;
using store::StandingApproval;
using store::Transaction;
using Cursor = std::optional<store::Reader::Cursor>;

// Proposals that a sweep looks at in one transaction, so that people's acts get in between.
constexpr std::size_t slice_size = 1'000;

}  // namespace

Result<StandingApproval> EngineCore::ProposeStanding(const queue::StandingDraft& draft,
                                                     bool dry_run) {
  if (dry_run) return standing_.Draft(draft, clock_.Now());
  return Commit<StandingApproval>("", [&](Transaction& transaction) {
    return standing_.Propose(transaction, draft, clock_.Now());
  });
}

Result<StandingApproval> EngineCore::ApproveStanding(const queue::StandingBallot& ballot) {
  auto rule = Commit<StandingApproval>("", [&](Transaction& transaction) {
    return standing_.Approve(transaction, ballot, clock_.Now());
  });
  if (rule && rule->state == store::StandingState::active) sweeps_[rule->id] = std::nullopt;
  return rule;
}

Result<StandingApproval> EngineCore::EndStanding(std::int64_t id, const std::string& person,
                                                 const std::string& reason) {
  return Commit<StandingApproval>("", [&](Transaction& transaction) {
    return standing_.End(transaction, id, person, reason, clock_.Now());
  });
}

Result<queue::StandingUses> EngineCore::UsableRules(store::Reader& reader, TimePoint now) const {
  if (clock_brake_) return queue::StandingUses({}, now);
  auto rules = standing_.Active(reader, now);
  if (!rules) return tl::unexpected(rules.error());
  return queue::StandingUses(std::move(*rules), now);
}

// Nothing for a null rule.
Result<void> EngineCore::ApproveByRule(Transaction& transaction, const Holds& holds,
                                       queue::StandingUses& uses, const StandingApproval* rule,
                                       const store::Proposal& proposal, TimePoint now) {
  if (rule == nullptr || releases_.Holds(proposal.target) ||
      LeftToPeople(*world(), holds, proposal, now)) {
    return {};
  }
  auto block = queue_.ApproveByRule(transaction, proposal, *rule, now);
  if (!block) return tl::unexpected(block.error());
  releases_.Add(*block);
  uses.Count(*rule);
  return {};
}

bool EngineCore::SweepStanding() {
  if (sweeps_.empty() || !broken_.empty()) return false;
  const auto [rule, after] = *sweeps_.begin();
  auto next = Commit<Cursor>("standing approval",
                             [&, rule = rule, after = after](Transaction& transaction) {
                               return SweepSlice(transaction, rule, after);
                             });
  if (!next) {
    platform::Error("standing approval {} could not be used on the queue: {}", rule,
                    next.error().detail);
  }
  if (next && *next) {
    sweeps_[rule] = *next;
  } else {
    sweeps_.erase(rule);
  }
  return !sweeps_.empty();
}

Result<Cursor> EngineCore::SweepSlice(Transaction& transaction, std::int64_t rule, Cursor after) {
  const auto now = clock_.Now();
  auto uses = UsableRules(transaction, now);
  if (!uses) return tl::unexpected(uses.error());
  const StandingApproval* usable = uses->Find(rule);
  if (usable == nullptr) return Cursor();
  const auto query = queue::StandingQuery(usable->filter, now);
  if (!query) return tl::unexpected(query.error());
  const auto slice = transaction.ListProposals(*query, after, slice_size);
  if (!slice) return tl::unexpected(slice.error());
  auto open = transaction.OpenEmergencies();
  if (!open) return tl::unexpected(open.error());
  const Holds holds(std::move(*open));
  for (const store::Proposal& proposal : *slice) {
    auto approved = ApproveByRule(transaction, holds, *uses, uses->Find(proposal), proposal, now);
    if (!approved) return tl::unexpected(approved.error());
  }
  if (auto stored = uses->Store(transaction); !stored) return tl::unexpected(stored.error());
  if (slice->size() < slice_size) return Cursor();
  return Cursor({slice->back().confidence, slice->back().id});
}

}  // namespace agent
