#include "agent/queue/match.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "policy/ascii.h"
#include "policy/coverage.h"

namespace agent::queue {
namespace {

using store::Proposal;
using store::ProposalQuery;

// In a list such as ",confident,fresh,".
bool Lists(std::string_view list, std::string_view name) {
  return list.find("," + std::string(name) + ",") != std::string_view::npos;
}

template <class Value, class Bound>
bool IsWithin(const Value& value, const std::optional<Bound>& min,
              const std::optional<Bound>& max) {
  return (!min || value >= *min) && (!max || value <= *max);
}

bool MatchesTraits(const ProposalQuery& query, const Proposal& proposal) {
  const auto is_same = [](const std::string& wanted, const std::string& is) {
    return wanted.empty() || policy::EqualsIgnoringCase(wanted, is);
  };
  return (query.feed.empty() || Lists(proposal.feeds, query.feed)) &&
         (query.reason.empty() || Lists(proposal.reason_codes, query.reason)) &&
         (!query.online || *query.online == Lists(proposal.reason_codes, "online")) &&
         is_same(query.threat, proposal.threat) && is_same(query.malware, proposal.malware) &&
         is_same(query.campaign, proposal.campaign);
}

bool MatchesPlace(const ProposalQuery& query, const Proposal& proposal) {
  if (query.within_prefix && !policy::Covers(*query.within_prefix, proposal.target)) return false;
  const auto& targets = query.targets;
  if (targets && std::find(targets->begin(), targets->end(), proposal.target) == targets->end()) {
    return false;
  }
  if (query.within.empty()) return true;
  const auto above = policy::Domain::Parse(query.within);
  return above && policy::Covers(*above, proposal.target);
}

bool MatchesUse(const ProposalQuery& query, const Proposal& proposal) {
  if (!query.clients_min && !query.clients_max) return true;
  return IsWithin(
      query.clients_of(policy::KindOf(proposal.target), policy::TextOf(proposal.target)),
      query.clients_min, query.clients_max);
}

}  // namespace

bool Matches(const ProposalQuery& query, const Proposal& proposal) {
  const auto& states = query.states;
  return (states.empty() ||
          std::find(states.begin(), states.end(), proposal.state) != states.end()) &&
         (!query.kind || *query.kind == policy::KindOf(proposal.target)) &&
         (!query.needs_two || *query.needs_two == proposal.needs_two) &&
         IsWithin(proposal.confidence, query.confidence_min, query.confidence_max) &&
         IsWithin(proposal.hits, query.hits_min, query.hits_max) &&
         IsWithin(proposal.proposed_at, query.proposed_from, query.proposed_to) &&
         MatchesTraits(query, proposal) && MatchesPlace(query, proposal) &&
         MatchesUse(query, proposal) &&
         (query.text.empty() ||
          policy::ContainsIgnoringCase(policy::TextOf(proposal.target), query.text));
}

}  // namespace agent::queue
