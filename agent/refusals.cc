#include "agent/refusals.h"

#include "agent/queue/queue.h"

namespace agent {

policy::Result<std::set<policy::Indicator>> StandingRejections(store::Reader& reader,
                                                               policy::TimePoint now) {
  std::set<policy::Indicator> targets;
  store::ProposalQuery rejected;
  rejected.states = {store::ProposalState::rejected};
  auto read = reader.ForEachProposal(rejected, [&](const store::Proposal& proposal) {
    if (proposal.deferred_until && now < *proposal.deferred_until) targets.insert(proposal.target);
    return true;
  });
  if (!read) return tl::unexpected(read.error());
  return targets;
}

policy::Result<std::map<policy::Indicator, std::uint32_t>> FalsePositives(store::Reader& reader) {
  std::map<policy::Indicator, std::uint32_t> refusals;
  store::ProposalQuery query;
  query.states = {store::ProposalState::rejected};
  query.reason = std::string(queue::false_positive_code);
  auto read = reader.ForEachProposal(query, [&](const store::Proposal& proposal) {
    ++refusals[proposal.target];
    return true;
  });
  if (!read) return tl::unexpected(read.error());
  return refusals;
}

}  // namespace agent
