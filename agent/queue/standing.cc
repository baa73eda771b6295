#include "agent/queue/standing.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "agent/queue/filter.h"
#include "agent/queue/match.h"

namespace agent::queue {
namespace {

using policy::ErrorCode;
using policy::Fail;
using store::StandingApproval;
using store::StandingState;
using store::StandingVote;
using store::Transaction;

// Each is compared with everything that is proposed.
constexpr std::size_t open_max = 50;
constexpr std::size_t votes_needed = 2;

policy::Sha256 DigestOf(const StandingApproval& rule) {
  return policy::Sha256Of("sekisho standing approval v1\nfilter " + rule.filter + "\nlifetime " +
                          std::to_string(rule.lifetime.count()) + "\nuses " +
                          std::to_string(rule.uses_per_day) + "\nexpires " +
                          policy::FormatTime(rule.expires_at) + "\npolicy " + rule.policy_version +
                          "\nreason " + rule.reason + "\n");
}

std::string Dump(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::int64_t DayOf(TimePoint at) {
  return std::chrono::floor<std::chrono::days>(at).time_since_epoch().count();
}

bool IsControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

}  // namespace

std::string NameOf(const StandingApproval& rule) {
  return "standing:" + std::to_string(rule.id);
}

std::string SubjectOf(const StandingApproval& rule) {
  return "standing " + std::to_string(rule.id);
}

std::uint32_t UsesToday(const StandingApproval& rule, TimePoint now) {
  const bool is_today = rule.last_used_at && DayOf(*rule.last_used_at) == DayOf(now);
  return is_today ? rule.uses_on_last_day : 0;
}

Result<store::ProposalQuery> StandingQuery(const std::string& filter, TimePoint now) {
  auto query = ParseFilter(filter, now);
  if (!query) return query;
  if (query->states != std::vector{store::ProposalState::pending}) {
    return Fail(ErrorCode::malformed_input,
                "a standing approval is for pending proposals; leave \"state:\" out");
  }
  if (query->needs_two.value_or(false)) {
    return Fail(ErrorCode::malformed_input,
                "a standing approval never approves what takes two people; leave \"two:yes\" out");
  }
  query->needs_two = false;
  return query;
}

Result<StandingApproval> StandingApprovals::Draft(const StandingDraft& draft, TimePoint now) const {
  if (draft.filter.find_first_not_of(' ') == std::string::npos ||
      std::any_of(draft.filter.begin(), draft.filter.end(), IsControl)) {
    return Fail(ErrorCode::malformed_input, "a standing approval needs a filter, of one line");
  }
  if (auto query = StandingQuery(draft.filter, now); !query) return tl::unexpected(query.error());
  if (draft.reason.empty()) return Fail(ErrorCode::malformed_input, "a reason is required");
  const auto lifetime = draft.lifetime.value_or(lifetime_default_);
  const auto valid_for = draft.valid_for.value_or(rules_.standing_lifetime_max);
  if (lifetime.count() <= 0 || lifetime > rules_.lifetime_max) {
    return Fail(ErrorCode::not_allowed,
                "a block may last at most " + policy::FormatDuration(rules_.lifetime_max));
  }
  if (valid_for.count() <= 0 || valid_for > rules_.standing_lifetime_max) {
    return Fail(ErrorCode::not_allowed, "a standing approval may last at most " +
                                            policy::FormatDuration(rules_.standing_lifetime_max));
  }
  if (draft.uses_per_day > rules_.standing_uses_max) {
    return Fail(ErrorCode::not_allowed, "a standing approval may be used at most " +
                                            std::to_string(rules_.standing_uses_max) +
                                            " times a day");
  }
  StandingApproval rule;
  rule.filter = draft.filter;
  rule.lifetime = lifetime;
  rule.uses_per_day = draft.uses_per_day == 0 ? rules_.standing_uses_max : draft.uses_per_day;
  rule.expires_at = now + valid_for;
  rule.policy_version = policy_version_;
  rule.reason = draft.reason;
  rule.digest = DigestOf(rule);
  rule.proposed_by = draft.person;
  rule.proposed_at = now;
  return rule;
}

Result<StandingApproval> StandingApprovals::Propose(Transaction& transaction,
                                                    const StandingDraft& draft, TimePoint now) {
  auto rule = Draft(draft, now);
  if (!rule) return rule;
  const auto open = transaction.OpenStandingApprovals();
  if (!open) return tl::unexpected(open.error());
  if (open->size() >= open_max) {
    return Fail(ErrorCode::exhausted, "there are " + std::to_string(open_max) +
                                          " standing approvals already; end one first");
  }
  const auto id = transaction.PutStandingApproval(*rule);
  if (!id) return tl::unexpected(id.error());
  rule->id = *id;
  const auto recorded = history_.Append(transaction, now,
                                        {draft.person, "standing.propose", SubjectOf(*rule),
                                         Dump({{"filter", rule->filter},
                                               {"lifetime", rule->lifetime.count()},
                                               {"uses_per_day", rule->uses_per_day},
                                               {"expires", policy::FormatTime(rule->expires_at)},
                                               {"policy", rule->policy_version},
                                               {"digest", policy::ToHex(rule->digest)},
                                               {"reason", rule->reason}})});
  if (!recorded) return tl::unexpected(recorded.error());
  return rule;
}

Result<StandingApproval> StandingApprovals::Find(store::Reader& reader, std::int64_t id) const {
  auto found = reader.FindStandingApproval(id);
  if (!found) return tl::unexpected(found.error());
  if (*found) return **std::move(found);
  return Fail(ErrorCode::not_found, "there is no standing approval " + std::to_string(id));
}

Result<StandingApproval> StandingApprovals::Approve(Transaction& transaction,
                                                    const StandingBallot& ballot, TimePoint now) {
  auto rule = Find(transaction, ballot.id);
  if (!rule) return rule;
  const std::string over = WhyOver(*rule, now);
  if (rule->state != StandingState::proposed || !over.empty()) {
    return Fail(ErrorCode::conflict, "standing approval " + std::to_string(rule->id) + " is " +
                                         std::string(Name(rule->state)) + " already" +
                                         (over.empty() ? "" : "; " + over));
  }
  if (ballot.seen != rule->digest) {
    return Fail(ErrorCode::conflict, "standing approval " + std::to_string(rule->id) +
                                         " is not what you saw; look at it again");
  }
  if (ballot.voter == rule->proposed_by) {
    return Fail(ErrorCode::not_allowed, "nobody approves what they proposed; ask somebody else");
  }
  if (ballot.reason.empty()) return Fail(ErrorCode::malformed_input, "a reason is required");
  if (ballot.needs_step_up) {
    return Fail(ErrorCode::not_allowed,
                std::string(step_up_required) +
                    ": a standing approval takes two people. Nothing was decided; confirm with "
                    "your password, then do the same again");
  }
  // Nor does a vote of long ago count, when things were different.
  std::erase_if(rule->votes, [&](const StandingVote& vote) {
    return vote.voter == ballot.voter || now - vote.at > rules_.approval_lifetime;
  });
  rule->votes.push_back({ballot.voter, ballot.seen, ballot.reason, now});
  std::sort(rule->votes.begin(), rule->votes.end(),
            [](const auto& a, const auto& b) { return a.voter < b.voter; });
  if (rule->votes.size() >= votes_needed) rule->state = StandingState::active;
  if (auto put = transaction.PutStandingApproval(*rule); !put) return tl::unexpected(put.error());
  const auto recorded = history_.Append(transaction, now,
                                        {ballot.voter, "standing.approve", SubjectOf(*rule),
                                         Dump({{"digest", policy::ToHex(rule->digest)},
                                               {"state", Name(rule->state)},
                                               {"reason", ballot.reason}})});
  if (!recorded) return tl::unexpected(recorded.error());
  return rule;
}

Result<StandingApproval> StandingApprovals::End(Transaction& transaction, std::int64_t id,
                                                const std::string& person,
                                                const std::string& reason, TimePoint now) {
  auto rule = Find(transaction, id);
  if (!rule) return rule;
  if (reason.empty()) return Fail(ErrorCode::malformed_input, "a reason is required");
  if (rule->state == StandingState::ended) {
    return Fail(ErrorCode::conflict, "standing approval " + std::to_string(id) +
                                         " has ended already, by " + rule->ended_by);
  }
  if (auto ended = EndBecause(transaction, *rule, person, reason, now); !ended) {
    return tl::unexpected(ended.error());
  }
  return rule;
}

Result<void> StandingApprovals::EndBecause(Transaction& transaction, StandingApproval& rule,
                                           const std::string& actor, const std::string& because,
                                           TimePoint now) {
  rule.state = StandingState::ended;
  rule.ended_by = actor;
  rule.ended_because = because;
  rule.ended_at = now;
  if (auto put = transaction.PutStandingApproval(rule); !put) return tl::unexpected(put.error());
  const auto recorded = history_.Append(
      transaction, now,
      {actor, "standing.end", SubjectOf(rule),
       Dump({{"digest", policy::ToHex(rule.digest)}, {"uses", rule.uses}, {"reason", because}})});
  if (!recorded) return tl::unexpected(recorded.error());
  return {};
}

// Empty while it may go on.
std::string StandingApprovals::WhyOver(const StandingApproval& rule, TimePoint now) const {
  if (now >= rule.expires_at) return "it has expired";
  if (rule.policy_version != policy_version_) {
    return "it was made under the policy's version " + rule.policy_version +
           ", and the version is " + policy_version_ + " now";
  }
  if (rule.lifetime > rules_.lifetime_max) return "its blocks would last longer than any may now";
  if (rule.state == StandingState::active && rule.votes.size() < votes_needed) {
    return "somebody who approved it may not approve any more";
  }
  return "";
}

Result<void> StandingApprovals::EndLapsed(Transaction& transaction, TimePoint now) {
  auto open = transaction.OpenStandingApprovals();
  if (!open) return tl::unexpected(open.error());
  for (StandingApproval& rule : *open) {
    const std::string over = WhyOver(rule, now);
    if (over.empty()) continue;
    if (auto ended = EndBecause(transaction, rule, "agent", over, now); !ended) return ended;
  }
  return {};
}

Result<std::vector<StandingApproval>> StandingApprovals::Active(store::Reader& reader,
                                                                TimePoint now) const {
  auto rules = reader.OpenStandingApprovals();
  if (!rules) return rules;
  std::erase_if(*rules, [&](const StandingApproval& rule) {
    return rule.state != StandingState::active || !WhyOver(rule, now).empty();
  });
  return rules;
}

StandingUses::StandingUses(std::vector<StandingApproval> active, TimePoint now) : now_(now) {
  for (StandingApproval& rule : active) {
    auto query = StandingQuery(rule.filter, now);
    if (!query) continue;  // of an older filter language: people approve by hand again
    const std::uint32_t today = UsesToday(rule, now);
    uses_.push_back({std::move(rule), std::move(*query), today});
  }
}

const StandingApproval* StandingUses::Find(const store::Proposal& proposal) const {
  const auto found = std::find_if(uses_.begin(), uses_.end(), [&](const Use& use) {
    return use.today < use.rule.uses_per_day &&
           use.rule.policy_version == proposal.policy_version && Matches(use.query, proposal);
  });
  return found == uses_.end() ? nullptr : &found->rule;
}

const StandingApproval* StandingUses::Find(std::int64_t id) const {
  const auto found = std::find_if(uses_.begin(), uses_.end(), [&](const Use& use) {
    return use.rule.id == id && use.today < use.rule.uses_per_day;
  });
  return found == uses_.end() ? nullptr : &found->rule;
}

void StandingUses::Count(const StandingApproval& rule) {
  const auto use =
      std::find_if(uses_.begin(), uses_.end(), [&](const Use& one) { return &one.rule == &rule; });
  ++use->today;
  ++use->rule.uses;
  use->rule.uses_on_last_day = use->today;
  use->rule.last_used_at = now_;
  counted_.insert(use->rule.id);
}

Result<void> StandingUses::Store(Transaction& transaction) const {
  for (const Use& use : uses_) {
    if (!counted_.contains(use.rule.id)) continue;
    if (auto put = transaction.PutStandingApproval(use.rule); !put) {
      return tl::unexpected(put.error());
    }
  }
  return {};
}

}  // namespace agent::queue
