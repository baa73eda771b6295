#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "agent/feeds/feed_snapshot.h"
#include "agent/queue/queue.h"
#include "policy/allowlist.h"
#include "policy/evaluate.h"
#include "policy/public_suffix.h"

namespace agent {

// Everything that decisions are made of, as it was at one instant. Immutable and shared.
struct World {
  struct Feed {
    policy::FeedProfile profile;
    std::shared_ptr<const feeds::FeedSnapshot> snapshot;  // null: nothing was ever taken in
  };
  policy::Policy policy;
  std::shared_ptr<const policy::PublicSuffixList> suffixes;
  std::shared_ptr<const policy::Allowlist> allowlist;
  std::vector<Feed> feeds;
  // How often people refused a target as a false positive; null for never.
  std::shared_ptr<const std::map<policy::Indicator, std::uint32_t>> refusals{};
  std::uint64_t allowlist_version = 0;  // changes with the allowlist's content
  std::uint64_t version = 0;            // grows with each change of any source's
  // Never loaded so far. Without one of the feeds nothing goes stale, since that feed might
  // support it; without one of the allowlists nothing new may be blocked.
  std::vector<std::string> missing_feeds;
  std::vector<std::string> missing_allowlists;
};

// What the policy makes of all that the feeds say.
struct Assessment {
  std::vector<queue::Candidate> candidates;      // by target, ascending, each once
  std::map<std::string, std::uint64_t> dropped;  // indicators by the deciding reason's code
};

// Evaluates every indicator of every feed, and the hosts of their URLs (docs/decisions/0002).
// `rejected_hosts` are targets whose block people refused. Pure; a second for a million.
Assessment Assess(const World& world, const std::set<policy::Indicator>& rejected_hosts,
                  policy::TimePoint now);

// How often people refused exactly this as a false positive.
std::uint32_t RefusalsOf(const World& world, const policy::Indicator& indicator);

// What the policy says of one indicator, given what feeds say of it, and, for a host, of the URLs
// on it: for `why`, and for a person's own proposal.
policy::Decision AssessOne(const World& world, const policy::Indicator& indicator,
                           bool proposed_by_person, policy::TimePoint now);

// What feeds say of each of these indicators and, for hosts, of the URLs on them. One pass.
std::map<policy::Indicator, std::vector<policy::SourcedObservation>> EvidenceOf(
    const World& world, const std::set<policy::Indicator>& indicators);

// {"code","detail"} of each reason, as store::Proposal keeps it.
std::string ReasonsJson(const std::vector<policy::Reason>& reasons);

}  // namespace agent
