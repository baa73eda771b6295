// Blocks in force that people have end later.
#include <algorithm>
#include <utility>

#include "agent/engine_core.h"

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
        DecideReport done;
        for (const std::int64_t id : ids) {
          auto renewed = RenewOne(transaction, id, *open, ballot, done);
          if (!renewed) return tl::unexpected(renewed.error());
        }
        return done;
      });
  if (report && releases_.number() != before) report->release = releases_.number();
  return report;
}

Result<void> EngineCore::RenewOne(Transaction& transaction, std::int64_t id,
                                  const std::vector<store::Emergency>& open, queue::Ballot ballot,
                                  DecideReport& report) {
  auto found = transaction.FindBlock(id);
  if (!found) return tl::unexpected(found.error());
  if (!*found) return Fail(ErrorCode::not_found, "there is no block " + std::to_string(id));
  const store::Block& block = **found;
  ++report.matched;
  const auto refuse = [&](std::string why) -> Result<void> {
    ++report.refused_total;
    report.refused.push_back({id, policy::TextOf(block.target), std::move(why)});
    return {};
  };
  auto why = WhyNotRenewed(transaction, block, open, ballot);
  if (!why) return tl::unexpected(why.error());
  if (!why->empty()) return refuse(std::move(*why));

  const auto now = clock_.Now();
  const auto current = world();
  auto candidate = CandidateOf(*current, block.target, now);
  if (!candidate) {
    auto persons = PersonsCandidate(*current, block.target, ballot.voter, ballot.reason, now);
    if (!persons) return refuse(persons.error().detail);
    candidate = std::move(*persons);
  }
  candidate->lifetime = ballot.lifetime.value_or(candidate->lifetime);
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
  return VetoOf(*current, Holds(open), **approved, now).value_or("");
}

}  // namespace agent
