// Blocks in force that people have end later.
#include <algorithm>
#include <set>
#include <utility>

#include "agent/engine_core.h"
#include "policy/coverage.h"

namespace agent {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using store::Transaction;

Result<DecideReport> EngineCore::Renew(const std::vector<std::int64_t>& ids,
                                       const queue::Ballot& ballot) {
  if (ballot.reason.empty()) return Fail(ErrorCode::malformed_input, "a reason is required");
  if (ballot.lifetime &&
      (ballot.lifetime->count() <= 0 || *ballot.lifetime > settings_.queue.lifetime_max)) {
    return Fail(ErrorCode::not_allowed,
                "a block may last at most " + policy::FormatDuration(settings_.queue.lifetime_max));
  }
  const auto before = releases_.number();
  auto report = Commit<DecideReport>(
      "renewed by " + ballot.voter, [&](Transaction& transaction) -> Result<DecideReport> {
        auto open = transaction.OpenEmergencies();
        if (!open) return tl::unexpected(open.error());
        auto blocks = BlocksOf(transaction, ids);
        if (!blocks) return tl::unexpected(blocks.error());
        const auto proposed = ProposedOf(*blocks);
        queue::Ballot each = ballot;
        each.is_bulk = blocks->size() > settings_.queue.bulk_alone_max;
        DecideReport done;
        for (const store::Block& block : *blocks) {
          auto renewed = RenewOne(transaction, block, *open, proposed, each, done);
          if (!renewed) return tl::unexpected(renewed.error());
        }
        return done;
      });
  if (report && releases_.number() != before) report->release = releases_.number();
  return report;
}

// What the policy proposes now of what was given, whole or as a part of something wider.
Assessment EngineCore::ProposedOf(const std::vector<store::Block>& blocks) const {
  std::set<policy::Indicator> said;
  for (const store::Block& block : blocks) {
    for (policy::Indicator& cover : policy::CoveredBy(block.target)) said.insert(std::move(cover));
  }
  return AssessSome(*world(), std::move(said), *rejected_hosts_, clock_.Now());
}

Result<void> EngineCore::RenewOne(Transaction& transaction, const store::Block& block,
                                  const std::vector<store::Emergency>& open,
                                  const Assessment& proposed, queue::Ballot ballot,
                                  DecideReport& report) {
  ++report.matched;
  const auto refuse = [&](std::string why) -> Result<void> {
    ++report.refused_total;
    report.refused.push_back({block.id, policy::TextOf(block.target), std::move(why)});
    return {};
  };
  auto why = WhyNotRenewed(transaction, block, open, ballot);
  if (!why) return tl::unexpected(why.error());
  if (!why->empty()) return refuse(std::move(*why));

  const auto now = clock_.Now();
  const auto current = world();
  auto candidate = proposed.CandidateOf(block.target);
  if (!candidate) {
    auto persons = PersonsCandidate(*current, block.target, ballot.voter, ballot.reason, now);
    if (!persons) return refuse(persons.error().detail);
    candidate = std::move(*persons);
  }
  candidate->lifetime = ballot.lifetime.value_or(candidate->lifetime);
  ballot.lifetime = candidate->lifetime;  // not what somebody else wants it to be
  auto proposal = queue_.ProposeRenewal(transaction, *candidate, block, now);
  if (!proposal) return tl::unexpected(proposal.error());
  if (!*proposal) return refuse("people turned down to go on with it");
  if ((*proposal)->proposed_by == ballot.voter) {
    ++report.awaiting;
    return {};
  }
  ballot.cuts_off_many = ClientsOf(*current, block.target, now) > current->policy.clients_alone_max;
  auto ruling = VoteOn(transaction, (*proposal)->id, ballot, Holds(open));
  if (!ruling) return tl::unexpected(ruling.error());
  if (ruling->kind == queue::Ruling::Kind::refused) return refuse(std::move(ruling->refusal));
  return Count(transaction, (*proposal)->id, *ruling, report);
}

// Empty where it may be put before people.
Result<std::string> EngineCore::WhyNotRenewed(Transaction& transaction, const store::Block& block,
                                              const std::vector<store::Emergency>& open,
                                              const queue::Ballot& ballot) {
  if (!block.removed_because.empty()) {
    return "it has ended: " + block.removed_because + "; what supports it is in the queue";
  }
  if (!block.added_release) return std::string("no release has it yet");
  for (const store::Emergency& emergency : open) {
    const auto& blocks = emergency.blocks;
    if (std::find(blocks.begin(), blocks.end(), block.id) == blocks.end()) continue;
    return "it is of emergency " + std::to_string(emergency.id) +
           ", which somebody else has to review";
  }
  const auto now = clock_.Now();
  const auto current = world();
  if (now + ballot.lifetime.value_or(current->policy.lifetime_default) <= block.expires_at) {
    return "it ends later than that already, at " + policy::FormatTime(block.expires_at);
  }
  auto approved = transaction.FindProposal(block.proposal_id);
  if (!approved) return tl::unexpected(approved.error());
  if (!*approved) {
    return Fail(ErrorCode::corrupt, "block " + std::to_string(block.id) + " has no proposal");
  }
  (*approved)->needs_two = true;  // how many it takes now is for its renewal to say
  return VetoOf(*current, Holds(open), **approved, now).value_or("");
}

// Each once.
Result<std::vector<store::Block>> EngineCore::BlocksOf(Transaction& transaction,
                                                       const std::vector<std::int64_t>& ids) {
  std::vector<store::Block> blocks;
  for (const std::int64_t id : std::set(ids.begin(), ids.end())) {
    auto found = transaction.FindBlock(id);
    if (!found) return tl::unexpected(found.error());
    if (!*found) return Fail(ErrorCode::not_found, "there is no block " + std::to_string(id));
    blocks.push_back(**std::move(found));
  }
  return blocks;
}

}  // namespace agent
