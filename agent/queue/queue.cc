#include "agent/queue/queue.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "agent/queue/standing.h"
#include "policy/proposal.h"

namespace agent::queue {
namespace {

using policy::ErrorCode;
using policy::Fail;
using store::Proposal;
using store::ProposalState;
using store::Transaction;
using store::Verdict;
using store::Vote;

policy::Sha256 DigestOf(const Proposal& proposal, std::chrono::seconds lifetime) {
  return policy::DigestOf({proposal.target, lifetime, proposal.policy_version});
}

Proposal::Content ContentOf(const Proposal& proposal) {
  return {proposal.lifetime, proposal.policy_version};
}

Proposal FromCandidate(const Candidate& candidate) {
  Proposal proposal{.target = candidate.target};
  proposal.lifetime = candidate.lifetime;
  proposal.policy_version = candidate.policy_version;
  proposal.confidence = candidate.confidence;
  proposal.needs_two = candidate.needs_two;
  proposal.proposed_by = candidate.proposed_by;
  proposal.feeds = candidate.feeds;
  proposal.threat = candidate.threat;
  proposal.malware = candidate.malware;
  proposal.campaign = candidate.campaign;
  proposal.reason_codes = candidate.reason_codes;
  proposal.reasons = candidate.reasons;
  proposal.evidence = candidate.evidence;
  proposal.sources_total = candidate.sources_total;
  proposal.hits = candidate.hits;
  proposal.digest = DigestOf(proposal, proposal.lifetime);
  return proposal;
}

bool SaysTheSame(const Proposal& a, const Proposal& b) {
  return a.digest == b.digest && a.confidence == b.confidence && a.needs_two == b.needs_two &&
         a.feeds == b.feeds && a.threat == b.threat && a.malware == b.malware &&
         a.campaign == b.campaign && a.reasons == b.reasons && a.evidence == b.evidence &&
         a.sources_total == b.sources_total && a.hits == b.hits;
}

// Whether the policy has to leave a target alone because of what became of its last proposal.
bool IsSettled(const Proposal& last, const Candidate& candidate, bool in_force, TimePoint now) {
  switch (last.state) {
    case ProposalState::approved: return in_force;
    case ProposalState::rejected:
      return candidate.proposed_by == "policy" && last.deferred_until && now < *last.deferred_until;
    default: return false;
  }
}

void AddReason(Proposal& proposal, std::string_view code, const std::string& detail) {
  auto reasons = nlohmann::ordered_json::parse(proposal.reasons, nullptr, false);
  if (!reasons.is_array()) return;
  reasons.push_back({{"code", code}, {"detail", detail}});
  proposal.reasons = reasons.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::set<std::string_view> codes;
  for (const auto& reason : reasons) {
    const auto found = reason.find("code");
    if (found != reason.end() && found->is_string())
      codes.insert(found->get_ref<const std::string&>());
  }
  proposal.reason_codes = store::CommaList(codes);
}

bool BothByPolicy(const Proposal& last, const Candidate& candidate) {
  return last.proposed_by == "policy" && candidate.proposed_by == "policy";
}

// What the reason says that makes it a renewal.
std::optional<std::string> RenewalOf(const Proposal& proposal) {
  const auto reasons = nlohmann::json::parse(proposal.reasons, nullptr, false);
  if (!reasons.is_array()) return std::nullopt;
  for (const auto& reason : reasons) {
    if (reason.value("code", "") == renewal_code) return reason.value("detail", "");
  }
  return std::nullopt;
}

bool IsInForce(const store::Block& block) {
  return block.added_release && !block.removed_release && block.removed_because.empty();
}

// Names, each once, in order.
std::string JoinNames(const std::string& names, const std::string& more) {
  std::set<std::string> all;
  for (const std::string& list : {names, more}) {
    for (std::size_t at = 0; at < list.size();) {
      const std::size_t end = std::min(list.find(',', at), list.size());
      all.insert(list.substr(at, end - at));
      at = end + 1;
    }
  }
  std::string joined;
  for (const std::string& name : all) joined += (joined.empty() ? "" : ",") + name;
  return joined;
}

nlohmann::ordered_json DetailOf(const Proposal& proposal, const Vote& vote) {
  return {
      {"proposal", proposal.id},
      {"digest", policy::ToHex(vote.digest)},
      {"lifetime", vote.lifetime.count()},
      {"reason", vote.reason},
  };
}

std::string Dump(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Ruling Refuse(std::string why) {
  return {Ruling::Kind::refused, std::move(why), std::nullopt};
}

}  // namespace

bool MeansFalsePositive(std::string_view reason) {
  const auto begins = [&](std::string_view word) {
    return reason.size() >= word.size() &&
           std::equal(word.begin(), word.end(), reason.begin(), [](char a, char b) {
             return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
           });
  };
  return begins("false positive") || begins("false-positive") || begins("誤検知");
}

Result<void> Queue::Record(Transaction& transaction, const std::string& actor,
                           const std::string& action, const policy::Indicator& subject,
                           std::string detail, TimePoint now) {
  auto index = history_.Append(transaction, now,
                               {actor, action, policy::LineOf(subject), std::move(detail)});
  if (!index) return tl::unexpected(index.error());
  return {};
}

Result<std::optional<Proposal>> Queue::Propose(Transaction& transaction, const Candidate& candidate,
                                               bool in_force, TimePoint now) {
  auto last = transaction.FindProposal(candidate.target);
  if (!last) return tl::unexpected(last.error());
  if (*last && IsOpen((*last)->state)) {
    if (in_force && !BothByPolicy(**last, candidate)) return std::optional<Proposal>();
    return Refresh(transaction, **last, candidate, in_force, now);
  }
  if (in_force || (*last && IsSettled(**last, candidate, in_force, now))) {
    return std::optional<Proposal>();
  }
  Proposal proposal = FromCandidate(candidate);
  proposal.proposed_at = now;
  proposal.changed_at = now;
  return Put(transaction, std::move(proposal), candidate.reason, now);
}

// Votes stay with what they were for.
Result<std::optional<Proposal>> Queue::Refresh(Transaction& transaction, const Proposal& last,
                                               const Candidate& candidate, bool in_force,
                                               TimePoint now) {
  // A person's proposal stays the person's, so that a feed that agrees cannot make the
  // proposer a second pair of eyes.
  if (last.proposed_by != "policy" && candidate.proposed_by == "policy") return std::optional(last);
  Proposal proposal = FromCandidate(candidate);
  if (const auto renewal = RenewalOf(last); renewal && in_force) {
    proposal.lifetime = last.lifetime;
    proposal.digest = DigestOf(proposal, proposal.lifetime);
    AddReason(proposal, renewal_code, *renewal);
  }
  if (SaysTheSame(last, proposal) && last.proposed_by == proposal.proposed_by) {
    return std::optional(last);
  }
  proposal.id = last.id;
  proposal.state = last.state;
  proposal.deferred_until = last.deferred_until;
  proposal.proposed_at = last.proposed_at;
  proposal.changed_at = now;
  proposal.previous = last.digest == proposal.digest ? last.previous : ContentOf(last);
  if (last.digest != proposal.digest || last.proposed_by != proposal.proposed_by ||
      last.needs_two != proposal.needs_two) {
    if (auto cleared = transaction.ClearVotes(proposal.id); !cleared) {
      return tl::unexpected(cleared.error());
    }
  }
  return Put(transaction, std::move(proposal), candidate.reason, now);
}

// The policy proposes too much for the history; what becomes of it is there.
Result<std::optional<Proposal>> Queue::Put(Transaction& transaction, Proposal proposal,
                                           const std::string& reason, TimePoint now) {
  const auto id = transaction.PutProposal(proposal);
  if (!id) return tl::unexpected(id.error());
  proposal.id = *id;
  if (proposal.proposed_by != "policy") {
    const nlohmann::ordered_json detail{
        {"proposal", proposal.id}, {"digest", policy::ToHex(proposal.digest)}, {"reason", reason}};
    auto recorded =
        Record(transaction, proposal.proposed_by, "propose", proposal.target, Dump(detail), now);
    if (!recorded) return tl::unexpected(recorded.error());
  }
  return std::optional<Proposal>(std::move(proposal));
}

Result<std::optional<Proposal>> Queue::ProposeRenewal(Transaction& transaction,
                                                      const Candidate& candidate,
                                                      const store::Block& block, TimePoint now) {
  auto last = transaction.FindProposal(candidate.target);
  if (!last) return tl::unexpected(last.error());
  if (*last && IsOpen((*last)->state)) {
    if (!BothByPolicy(**last, candidate)) return *last;
    return Refresh(transaction, **last, candidate, true, now);
  }
  if (*last && IsSettled(**last, candidate, false, now)) return std::optional<Proposal>();

  Proposal proposal = FromCandidate(candidate);
  AddReason(proposal, renewal_code,
            "block " + std::to_string(block.id) + " is in force until " +
                policy::FormatTime(block.expires_at));
  proposal.proposed_at = now;
  proposal.changed_at = now;
  // The same one again, so that whatever ends the block finds it.
  if (*last && (*last)->id == block.proposal_id) {
    proposal.id = (*last)->id;
    proposal.previous = ContentOf(**last);
    if (auto cleared = transaction.ClearVotes(proposal.id); !cleared) {
      return tl::unexpected(cleared.error());
    }
  }
  return Put(transaction, std::move(proposal), candidate.reason, now);
}

Result<void> Queue::Withdraw(Transaction& transaction, Proposal proposal, const std::string& why,
                             TimePoint now) {
  if (!IsOpen(proposal.state) || proposal.proposed_by != "policy") return {};
  proposal.state = ProposalState::withdrawn;
  proposal.changed_at = now;
  auto stored = transaction.PutProposal(proposal);
  if (!stored) return tl::unexpected(stored.error());
  auto cleared = transaction.ClearVotes(proposal.id);
  if (!cleared) return cleared;
  const nlohmann::ordered_json detail{{"proposal", proposal.id}, {"reason", why}};
  return Record(transaction, "policy", "withdraw", proposal.target, Dump(detail), now);
}

Decided DecidedBy(const Proposal& proposal, const std::vector<store::Vote>& votes) {
  Decided decided{"", proposal.changed_at, ""};
  for (const store::Vote& vote : votes) {
    const bool is_of_it =
        (proposal.state == ProposalState::approved && vote.verdict == Verdict::approve &&
         vote.digest == proposal.digest) ||
        (proposal.state == ProposalState::rejected && vote.verdict == Verdict::reject);
    if (!is_of_it) continue;
    decided.by += (decided.by.empty() ? "" : ",") + vote.voter;
    decided.at = vote.at;
    decided.reason = vote.reason;
  }
  if (proposal.state == ProposalState::withdrawn) decided.by = "policy";
  return decided;
}

Result<Ruling> Queue::RefuseDecided(Transaction& transaction, const Proposal& proposal,
                                    bool is_alone) {
  const auto votes = transaction.VotesOn(proposal.id);
  if (!votes) return tl::unexpected(votes.error());
  const Decided decided = DecidedBy(proposal, *votes);
  const std::string state(store::Name(proposal.state));
  const std::string by = decided.by.empty() ? "" : ", by " + decided.by;
  const std::string at = policy::FormatTime(decided.at);
  if (!is_alone) return Refuse("it is already " + state + by + " at " + at);
  return Fail(ErrorCode::conflict, "proposal " + std::to_string(proposal.id) + " is already " +
                                       state + by + " at " + at + "; nothing was decided");
}

Result<Ruling> Queue::Vote(Transaction& transaction, std::int64_t proposal_id, const Ballot& ballot,
                           const Veto& veto, TimePoint now) {
  auto found = transaction.FindProposal(proposal_id);
  if (!found) return tl::unexpected(found.error());
  if (!*found) {
    return Fail(ErrorCode::not_found, "there is no proposal " + std::to_string(proposal_id));
  }
  Proposal& proposal = **found;
  if (ballot.seen && *ballot.seen != proposal.digest) {
    return Fail(ErrorCode::conflict, "proposal " + std::to_string(proposal_id) +
                                         " changed since you saw it; look at it again");
  }
  if (ballot.reason.empty()) return Refuse("a reason is required");
  if (ballot.voter.empty()) return Refuse("the voter is not known");
  if (!IsOpen(proposal.state)) return RefuseDecided(transaction, proposal, ballot.is_alone);
  if (ballot.lifetime && ballot.lifetime->count() <= 0) return Refuse("the time must be positive");
  if (ballot.verdict != Verdict::approve) {
    return TurnDown(transaction, std::move(proposal), ballot, now);
  }
  if (ballot.voter == proposal.proposed_by) {
    return Refuse("nobody approves what they proposed; ask somebody else");
  }
  if (auto why = veto(proposal)) return Refuse(std::move(*why));
  return Approve(transaction, std::move(proposal), ballot, now);
}

Result<Ruling> Queue::Approve(Transaction& transaction, Proposal proposal, const Ballot& ballot,
                              TimePoint now) {
  const std::chrono::seconds lifetime = ballot.lifetime.value_or(proposal.lifetime);
  if (lifetime > rules_.lifetime_max) {
    return Refuse("a block may last at most " + policy::FormatDuration(rules_.lifetime_max));
  }
  const bool takes_two = proposal.needs_two || ballot.is_bulk || ballot.cuts_off_many;
  if (takes_two && ballot.needs_step_up) {
    return Fail(ErrorCode::not_allowed,
                std::string(step_up_required) +
                    ": some of it takes two people. Nothing was decided; confirm with your "
                    "password, then do the same again");
  }
  const store::Vote vote{
      proposal.id,   ballot.voter, ballot.verdict, DigestOf(proposal, lifetime), lifetime,
      ballot.reason, now};
  if (auto stored = transaction.PutVote(vote); !stored) return tl::unexpected(stored.error());
  auto recorded = Record(transaction, vote.voter, "approve", proposal.target,
                         Dump(DetailOf(proposal, vote)), now);
  if (!recorded) return tl::unexpected(recorded.error());

  // Only votes for exactly this content count: the same target, lifetime and policy version; and
  // not those of long ago, when things were different.
  auto votes = transaction.VotesOn(proposal.id);
  if (!votes) return tl::unexpected(votes.error());
  std::set<std::string> approvers;
  for (const store::Vote& each : *votes) {
    if (each.verdict == Verdict::approve && each.digest == vote.digest &&
        now - each.at <= rules_.approval_lifetime) {
      approvers.insert(each.voter);
    }
  }
  if (approvers.size() < (takes_two ? 2U : 1U)) {
    return Ruling{Ruling::Kind::awaiting, "", std::nullopt};
  }

  std::string approved_by;
  for (const std::string& name : approvers) approved_by += (approved_by.empty() ? "" : ",") + name;
  auto block = Settle(transaction, std::move(proposal), vote, approved_by, ballot.bulk, now);
  if (!block) return tl::unexpected(block.error());
  return Ruling{Ruling::Kind::decided, "", std::move(*block)};
}

Result<store::Block> Queue::Settle(Transaction& transaction, Proposal proposal,
                                   const store::Vote& last, const std::string& approved_by,
                                   std::int64_t bulk, TimePoint now) {
  proposal.state = ProposalState::approved;
  if (proposal.digest != last.digest) proposal.previous = ContentOf(proposal);
  proposal.lifetime = last.lifetime;
  proposal.digest = last.digest;
  proposal.changed_at = now;
  proposal.deferred_until.reset();
  if (auto id = transaction.PutProposal(proposal); !id) return tl::unexpected(id.error());
  auto blocks = transaction.BlocksOf(proposal.target);
  if (!blocks) return tl::unexpected(blocks.error());
  for (store::Block& each : *blocks) {
    if (!IsInForce(each)) continue;
    return Renew(transaction, std::move(each), proposal, last, approved_by, now);
  }
  store::Block block{.target = proposal.target};
  block.proposal_id = proposal.id;
  block.digest = proposal.digest;
  block.approved_by = approved_by;
  block.approved_at = now;
  block.expires_at = now + last.lifetime;
  block.reason = last.reason;
  block.manual = proposal.proposed_by != "policy";
  block.bulk = bulk;
  block.risk = block.manual ? policy::risk_max : proposal.confidence;
  auto id = transaction.PutBlock(block);
  if (!id) return tl::unexpected(id.error());
  block.id = *id;
  return block;
}

Result<store::Block> Queue::Renew(Transaction& transaction, store::Block block,
                                  const Proposal& proposal, const store::Vote& last,
                                  const std::string& approved_by, TimePoint now) {
  const TimePoint before = block.expires_at;
  block.proposal_id = proposal.id;
  block.digest = proposal.digest;
  block.approved_by = JoinNames(block.approved_by, approved_by);
  block.expires_at = now + last.lifetime;
  block.manual = proposal.proposed_by != "policy";
  block.risk = block.manual ? policy::risk_max : proposal.confidence;
  if (auto id = transaction.PutBlock(block); !id) return tl::unexpected(id.error());
  const nlohmann::ordered_json detail{{"block", block.id},
                                      {"proposal", proposal.id},
                                      {"digest", policy::ToHex(block.digest)},
                                      {"ended", policy::FormatTime(before)},
                                      {"ends", policy::FormatTime(block.expires_at)},
                                      {"reason", last.reason}};
  auto recorded = Record(transaction, last.voter, "renew", block.target, Dump(detail), now);
  if (!recorded) return tl::unexpected(recorded.error());
  return block;
}

Result<store::Block> Queue::ApproveByRule(Transaction& transaction, Proposal proposal,
                                          const store::StandingApproval& rule, TimePoint now) {
  const store::Vote vote{
      proposal.id, NameOf(rule), Verdict::approve, DigestOf(proposal, rule.lifetime), rule.lifetime,
      rule.reason, now};
  if (auto stored = transaction.PutVote(vote); !stored) return tl::unexpected(stored.error());
  nlohmann::ordered_json detail = DetailOf(proposal, vote);
  detail["standing"] = rule.id;
  detail["rule"] = policy::ToHex(rule.digest);
  std::string approved_by = vote.voter;
  for (const store::StandingVote& each : rule.votes) {
    detail["approvers"].push_back(each.voter);
    approved_by += "," + each.voter;
  }
  auto recorded = Record(transaction, vote.voter, "approve", proposal.target, Dump(detail), now);
  if (!recorded) return tl::unexpected(recorded.error());
  return Settle(transaction, std::move(proposal), vote, approved_by, 0, now);
}

Result<store::Block> Queue::ApproveInEmergency(Transaction& transaction, Proposal proposal,
                                               const std::string& person, const std::string& reason,
                                               TimePoint now) {
  const auto lifetime = rules_.emergency_block_lifetime;
  const store::Vote vote{
      proposal.id, person, Verdict::approve, DigestOf(proposal, lifetime), lifetime, reason, now};
  if (auto stored = transaction.PutVote(vote); !stored) return tl::unexpected(stored.error());
  return Settle(transaction, std::move(proposal), vote, person, 0, now);
}

Result<store::Block> Queue::ConfirmEmergency(Transaction& transaction, store::Block block,
                                             const std::string& person, const std::string& reason,
                                             std::chrono::seconds lifetime, TimePoint now) {
  if (lifetime > rules_.lifetime_max) {
    return Fail(ErrorCode::not_allowed,
                "a block may last at most " + policy::FormatDuration(rules_.lifetime_max));
  }
  auto proposal = transaction.FindProposal(block.proposal_id);
  if (!proposal) return tl::unexpected(proposal.error());
  if (!*proposal) {
    return Fail(ErrorCode::corrupt, "block " + std::to_string(block.id) + " has no proposal");
  }
  const store::Vote vote{
      (*proposal)->id, person, Verdict::approve, DigestOf(**proposal, lifetime), lifetime,
      reason,          now};
  if (auto stored = transaction.PutVote(vote); !stored) return tl::unexpected(stored.error());
  (*proposal)->lifetime = lifetime;
  (*proposal)->digest = vote.digest;
  (*proposal)->changed_at = now;
  if (auto id = transaction.PutProposal(**proposal); !id) return tl::unexpected(id.error());
  block.digest = vote.digest;
  block.approved_by += "," + person;
  block.expires_at = now + lifetime;
  if (auto id = transaction.PutBlock(block); !id) return tl::unexpected(id.error());
  return block;
}

Result<void> Queue::Reopen(Transaction& transaction, const store::Block& block, TimePoint now) {
  auto newest = transaction.FindProposal(block.target);
  if (!newest) return tl::unexpected(newest.error());
  if (!*newest || (*newest)->id != block.proposal_id ||
      (*newest)->state != ProposalState::rejected) {
    return {};
  }
  Proposal proposal = **std::move(newest);
  proposal.state = ProposalState::pending;
  proposal.deferred_until.reset();
  proposal.changed_at = now;
  if (auto id = transaction.PutProposal(proposal); !id) return tl::unexpected(id.error());
  return transaction.ClearVotes(proposal.id);
}

Result<Ruling> Queue::TurnDown(Transaction& transaction, Proposal proposal, const Ballot& ballot,
                               TimePoint now) {
  const bool rejects = ballot.verdict == Verdict::reject;
  const std::chrono::seconds wait =
      rejects ? rules_.rejection_lifetime : ballot.lifetime.value_or(rules_.deferral_default);
  const store::Vote vote{proposal.id,   ballot.voter, ballot.verdict, proposal.digest, wait,
                         ballot.reason, now};
  if (auto stored = transaction.PutVote(vote); !stored) return tl::unexpected(stored.error());
  if (rejects && MeansFalsePositive(ballot.reason)) {
    AddReason(proposal, false_positive_code, vote.voter + ": " + vote.reason);
  }
  proposal.state = rejects ? ProposalState::rejected : ProposalState::deferred;
  proposal.deferred_until = now + wait;
  proposal.changed_at = now;
  auto id = transaction.PutProposal(proposal);
  if (!id) return tl::unexpected(id.error());
  auto recorded = Record(transaction, vote.voter, rejects ? "reject" : "defer", proposal.target,
                         Dump(DetailOf(proposal, vote)), now);
  if (!recorded) return tl::unexpected(recorded.error());
  return Ruling{Ruling::Kind::decided, "", std::nullopt};
}

Result<store::Block> Queue::Remove(Transaction& transaction, store::Block block,
                                   const std::string& actor, const std::string& because,
                                   TimePoint now) {
  if (!block.removed_because.empty()) return block;
  block.removed_because = because;
  auto id = transaction.PutBlock(block);
  if (!id) return tl::unexpected(id.error());
  const nlohmann::ordered_json detail{{"block", block.id}, {"because", because}};
  auto recorded = Record(transaction, actor, "unblock", block.target, Dump(detail), now);
  if (!recorded) return tl::unexpected(recorded.error());
  return block;
}

Result<void> Queue::RejectAfterRevocation(Transaction& transaction, const store::Block& block,
                                          TimePoint now) {
  auto proposal = transaction.FindProposal(block.proposal_id);
  if (!proposal) return tl::unexpected(proposal.error());
  if (!*proposal) return {};
  (*proposal)->state = ProposalState::rejected;
  (*proposal)->deferred_until = now + rules_.rejection_lifetime;
  (*proposal)->changed_at = now;
  auto id = transaction.PutProposal(**proposal);
  if (!id) return tl::unexpected(id.error());
  return {};
}

Result<void> Queue::DeferAfterRevocation(Transaction& transaction, const store::Block& block,
                                         TimePoint until, TimePoint now) {
  auto proposal = transaction.FindProposal(block.proposal_id);
  if (!proposal) return tl::unexpected(proposal.error());
  if (!*proposal) return {};
  (*proposal)->state = ProposalState::deferred;
  (*proposal)->deferred_until = until;
  (*proposal)->changed_at = now;
  if (auto id = transaction.PutProposal(**proposal); !id) return tl::unexpected(id.error());
  return transaction.ClearVotes((*proposal)->id);
}

Result<std::uint64_t> Queue::WakeDeferred(Transaction& transaction, TimePoint now) {
  std::vector<Proposal> due;
  store::ProposalQuery query;
  query.states = {ProposalState::deferred};
  auto read = transaction.ForEachProposal(query, [&](const Proposal& proposal) {
    if (proposal.deferred_until && *proposal.deferred_until <= now) due.push_back(proposal);
    return true;
  });
  if (!read) return tl::unexpected(read.error());
  for (Proposal& proposal : due) {
    proposal.state = ProposalState::pending;
    proposal.deferred_until.reset();
    proposal.changed_at = now;
    if (auto id = transaction.PutProposal(proposal); !id) return tl::unexpected(id.error());
  }
  return due.size();
}

}  // namespace agent::queue
