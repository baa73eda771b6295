#include "agent/veto.h"

#include <algorithm>

#include "agent/assessment.h"
#include "policy/coverage.h"
#include "policy/evaluate.h"
#include "policy/refang.h"

namespace agent {
namespace {

using policy::Indicator;
using policy::TimePoint;

std::string LostAllowlists(const World& world) {
  std::string names;
  for (const std::string& name : world.missing_allowlists) {
    names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

}  // namespace

const store::Emergency* Holds::Find(const Indicator& target) const {
  const auto found = std::find_if(open_.begin(), open_.end(), [&](const store::Emergency& one) {
    return one.act == store::EmergencyAct::unblock &&
           (policy::Covers(target, one.target) ||
            (one.within && policy::Covers(one.target, target)));
  });
  return found == open_.end() ? nullptr : &*found;
}

std::string Describe(const store::Emergency& unblock) {
  return unblock.actor + " unblocked " + policy::Defang(policy::TextOf(unblock.target)) +
         " in an emergency: it stays so until somebody else has reviewed that (emergency " +
         std::to_string(unblock.id) + "), or until " + policy::FormatTime(unblock.ends_at);
}

std::optional<std::string> VetoOf(const World& world, const Holds& holds,
                                  const store::Proposal& proposal, TimePoint now) {
  if (const auto* const hold = holds.Find(proposal.target)) return Describe(*hold);
  if (!world.missing_allowlists.empty()) {
    return "nothing new is blocked until these allowlists were loaded once: " +
           LostAllowlists(world);
  }
  const policy::Decision decision = policy::Evaluate(
      {&proposal.target, {}, true, false}, world.policy, *world.allowlist, *world.suffixes, now);
  if (decision.outcome == policy::Outcome::dropped) return decision.reasons.front().detail;
  if (decision.targets != std::vector{proposal.target}) {
    return "part of it is on the allowlist now; what remains is proposed by itself";
  }
  if (decision.needs_two_approvers && !proposal.needs_two) {
    return "it needs two approvers now; look at it again in a moment";
  }
  return std::nullopt;
}

std::optional<std::string> LeftToPeople(const World& world, const Holds& holds,
                                        const store::Proposal& proposal, TimePoint now) {
  if (proposal.state != store::ProposalState::pending) {
    return "it is " + std::string(store::Name(proposal.state));
  }
  if (proposal.proposed_by != "policy") return "a person proposed it";
  if (proposal.needs_two) return "it takes two people who look at it";
  if (ClientsOf(world, proposal.target, now) > world.policy.clients_alone_max) {
    return "more of our own clients use it than one person may cut off";
  }
  if (RefusalsOf(world, proposal.target) > 0) return "people called it a false positive before";
  return VetoOf(world, holds, proposal, now);
}

}  // namespace agent
