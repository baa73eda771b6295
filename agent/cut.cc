#include "agent/cut.h"

#include <algorithm>

namespace agent {

std::uint64_t Cut::Note(const World& world, const store::Proposal& proposal,
                        policy::TimePoint now) {
  if (!world.traffic) return 0;
  const auto found = world.traffic->Find(proposal.target);
  if (!found.counted.empty()) return 0;
  const std::uint64_t clients = found.usage.Summary(now).clients;
  if (clients == 0) return 0;
  ++proposals_;
  total_.Merge(found.usage);
  const bool is_full = most_used_.size() == most_used_max;
  if (is_full && clients <= most_used_.back().clients) return clients;
  const auto at = std::find_if(most_used_.begin(), most_used_.end(),
                               [clients](const Used& used) { return used.clients < clients; });
  most_used_.insert(at, {proposal, clients});
  if (is_full) most_used_.pop_back();
  return clients;
}

}  // namespace agent
