#include "agent/proposed.h"

#include <string>

#include <absl/hash/hash.h>

namespace agent {
namespace {

std::uint64_t KeyOf(const policy::Indicator& target) {
  return absl::HashOf(policy::LineOf(target));
}

std::uint64_t ContentOf(const queue::Candidate& candidate) {
  return absl::HashOf(candidate.lifetime.count(), candidate.policy_version, candidate.confidence,
                      candidate.needs_two, candidate.proposed_by, candidate.reason, candidate.feeds,
                      candidate.threat, candidate.malware, candidate.campaign, candidate.reasons,
                      candidate.evidence, candidate.sources_total, candidate.hits);
}

}  // namespace

bool Proposed::Has(const queue::Candidate& candidate) const {
  const auto found = content_by_target_.find(KeyOf(candidate.target));
  return found != content_by_target_.end() && found->second == ContentOf(candidate);
}

void Proposed::Add(const queue::Candidate& candidate) {
  content_by_target_.insert_or_assign(KeyOf(candidate.target), ContentOf(candidate));
}

void Proposed::Forget(const policy::Indicator& target) {
  content_by_target_.erase(KeyOf(target));
}

}  // namespace agent
