#include "agent/simulation.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "agent/evidence.h"

namespace agent {
namespace {

using policy::Indicator;

World Under(const World& world, const policy::Policy& policy,
            const std::vector<policy::FeedProfile>& feeds) {
  World other = world;
  other.policy = policy;
  for (World::Feed& feed : other.feeds) {
    for (const policy::FeedProfile& profile : feeds) {
      if (profile.name != feed.profile.name) continue;
      // What a feed is does not change, only how far it is believed.
      const policy::FeedRole role = feed.profile.role;
      feed.profile = profile;
      feed.profile.role = role;
    }
  }
  return other;
}

std::vector<Indicator> TargetsOf(const Assessment& assessment) {
  std::vector<Indicator> targets;
  targets.reserve(assessment.size());
  for (std::size_t i = 0; i < assessment.size(); ++i) targets.push_back(assessment.target(i));
  return targets;
}

std::vector<Indicator> OnlyIn(const std::vector<Indicator>& these,
                              const std::vector<Indicator>& those) {
  std::vector<Indicator> only;
  std::set_difference(these.begin(), these.end(), those.begin(), those.end(),
                      std::back_inserter(only));
  return only;
}

// A part of a split prefix has no evidence of its own; it is told for as stale.
std::vector<ChangedTarget> Explained(const World& world, const std::vector<Indicator>& targets,
                                     const std::set<Indicator>& rejected_hosts,
                                     policy::TimePoint now) {
  const auto evidence = EvidenceOf(world, {targets.begin(), targets.end()});
  std::vector<ChangedTarget> changed;
  changed.reserve(targets.size());
  for (const Indicator& target : targets) {
    const auto found = evidence.find(target);
    const auto sources = found == evidence.end()
                             ? std::span<const policy::SourcedObservation>()
                             : std::span<const policy::SourcedObservation>(found->second);
    const auto* const url = std::get_if<policy::Url>(&target);
    const bool host_rejected = url != nullptr && rejected_hosts.contains(policy::HostOf(*url));
    auto decision = policy::Evaluate({&target, sources, false, host_rejected,
                                      RefusalsOf(world, target), ClientsOf(world, target, now)},
                                     world.policy, *world.allowlist, *world.suffixes, now);
    changed.push_back({target, std::move(decision.reasons.front())});
  }
  return changed;
}

}  // namespace

Simulation Simulate(const World& world, const policy::Policy& policy,
                    const std::vector<policy::FeedProfile>& feeds,
                    const std::set<Indicator>& rejected_hosts, policy::TimePoint now) {
  const World other = Under(world, policy, feeds);
  Simulation simulation{
      Assess(world, rejected_hosts, now), Assess(other, rejected_hosts, now), {}, {}};
  const auto before = TargetsOf(simulation.now);
  const auto after = TargetsOf(simulation.then);
  simulation.proposed = Explained(other, OnlyIn(after, before), rejected_hosts, now);
  simulation.not_proposed = Explained(other, OnlyIn(before, after), rejected_hosts, now);
  return simulation;
}

}  // namespace agent
