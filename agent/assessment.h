#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/queue/queue.h"
#include "agent/world.h"
#include "policy/evaluate.h"

namespace agent {

// What the policy makes of what the feeds say.
struct Assessment {
  std::vector<queue::Candidate> candidates;      // by target, ascending, each once
  std::map<std::string, std::uint64_t> dropped;  // indicators by the deciding reason's code
  // The indicators that were evaluated; none: all that a feed names. Of others nothing is known.
  std::optional<std::set<policy::Indicator>> scope;

  bool Proposes(const policy::Indicator& target) const;
};

// Evaluates every indicator of every feed, and the hosts of their URLs (docs/decisions/0002).
// `rejected_hosts` are targets whose block people refused. Pure; a second for a million.
Assessment Assess(const World& world, const std::set<policy::Indicator>& rejected_hosts,
                  policy::TimePoint now);

// The same for these indicators, the hosts of those that are URLs, and all URLs on those hosts,
// which are its scope. Takes time for what it evaluates, not for all that feeds say.
Assessment AssessSome(const World& world, std::set<policy::Indicator> indicators,
                      const std::set<policy::Indicator>& rejected_hosts, policy::TimePoint now);

// How often people refused exactly this as a false positive.
std::uint32_t RefusalsOf(const World& world, const policy::Indicator& indicator);

// What the policy says of one indicator, given what feeds say of it, and, for a host, of the URLs
// on it: for `why`, and for a person's own proposal.
policy::Decision AssessOne(const World& world, const policy::Indicator& indicator,
                           bool proposed_by_person, policy::TimePoint now);

// {"code","detail"} of each reason, as store::Proposal keeps it.
std::string ReasonsJson(const std::vector<policy::Reason>& reasons);

}  // namespace agent
