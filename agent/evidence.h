#pragma once

#include <map>
#include <set>
#include <vector>

#include "agent/world.h"
#include "policy/evaluate.h"
#include "policy/indicator.h"

namespace agent {

// What one feed says of each indicator and, for hosts, of the URLs on them.
using EvidenceByIndicator = std::map<policy::Indicator, std::vector<policy::SourcedObservation>>;

// Searched, not walked: the time grows with `indicators` and with what is said of them. The result
// points into `world`. An indicator of which nothing is said is not in it.
EvidenceByIndicator EvidenceOf(const World& world, const std::set<policy::Indicator>& indicators);

// What a feed says of exactly this; null for nothing.
const policy::Observation* FindObservation(const feeds::FeedSnapshot& snapshot,
                                           const policy::Indicator& indicator);

// What a feed says of the URLs on a host, at any port.
std::vector<const policy::Observation*> FindUrlsOn(const feeds::FeedSnapshot& snapshot,
                                                   const policy::Indicator& host);

// The indicators of which the feeds of `after` say something else than those of `before`, which are
// the same feeds in the same order. That a list without times was served again is no difference.
std::set<policy::Indicator> ChangedBetween(const World& before, const World& after);

}  // namespace agent
