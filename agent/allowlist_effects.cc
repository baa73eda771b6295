#include "agent/allowlist_effects.h"

#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "agent/assessment.h"
#include "policy/evaluate.h"

namespace agent {
namespace {

using policy::Indicator;
using policy::Result;

constexpr std::size_t shown_max = 20;

void Count(const Indicator& target, AllowlistEffects::Some& some) {
  ++some.total;
  if (some.first.size() < shown_max) some.first.push_back(target);
}

// Whether an entry may matter to a target; asked of a million, so without reasons.
class Touching {
 public:
  Touching(const policy::AllowEntry& entry, const policy::PublicSuffixList& suffixes)
      : entry_(Compile({{own_source, std::make_shared<const policy::ParsedAllowlist>(
                                         policy::ParsedAllowlist{{entry}, {}})}},
                       suffixes)) {}

  bool Has(const Indicator& target) const {
    if (const auto* const domain = std::get_if<policy::Domain>(&target)) {
      return entry_->Touches(*domain);
    }
    if (const auto* const prefix = std::get_if<policy::IpPrefix>(&target)) {
      return entry_->Touches(*prefix);
    }
    if (const auto* const url = std::get_if<policy::Url>(&target)) {
      return Has(policy::HostOf(*url));
    }
    return false;
  }

 private:
  inline static const policy::AllowSource own_source{"", policy::AllowCategory::legitimate_service,
                                                     policy::AllowEffect::never};
  std::shared_ptr<const policy::Allowlist> entry_;
};

// What of a target may be blocked by people's word.
struct Leave {
  bool whole = false;
  bool needs_two = false;
};
Leave LeaveFor(const World& world, const Indicator& target, policy::TimePoint at) {
  const auto decision = policy::Evaluate({&target, {}, true, false}, world.policy, *world.allowlist,
                                         *world.suffixes, at);
  return {decision.outcome == policy::Outcome::proposed && decision.targets == std::vector{target},
          decision.needs_two_approvers};
}

}  // namespace

World WithAllowlist(const World& world, const std::string& name, policy::ParsedAllowlist content) {
  World other = world;
  for (World::List& list : other.lists) {
    if (list.source.name != name) continue;
    list.content = std::make_shared<const policy::ParsedAllowlist>(std::move(content));
  }
  other.allowlist = Compile(other.lists, *other.suffixes);
  return other;
}

Result<AllowlistEffects> EffectsOf(const World& now, const World& then,
                                   const policy::AllowEntry& entry, store::Reader& reader,
                                   const std::set<Indicator>& rejected_hosts,
                                   policy::TimePoint at) {
  AllowlistEffects effects;
  const Touching touching(entry, *now.suffixes);
  auto read = reader.ForEachLiveBlock([&](const store::Block& block) {
    if (touching.Has(block.target) && LeaveFor(now, block.target, at).whole &&
        !LeaveFor(then, block.target, at).whole) {
      Count(block.target, effects.leaving);
    }
    return true;
  });
  if (!read) return tl::unexpected(read.error());

  store::ProposalQuery open;
  open.states = {store::ProposalState::pending, store::ProposalState::deferred};
  read = reader.ForEachTarget(open, [&](const Indicator& target) {
    if (!touching.Has(target)) return true;
    const Leave before = LeaveFor(now, target, at);
    const Leave after = LeaveFor(then, target, at);
    if (before.whole && !after.whole) Count(target, effects.withdrawn);
    if (after.whole && after.needs_two && !before.needs_two) Count(target, effects.needing_two);
    return true;
  });
  if (!read) return tl::unexpected(read.error());

  std::set<Indicator> said;
  for (const World::Feed& feed : now.feeds) {
    if (!feed.snapshot) continue;
    for (const policy::Observation& seen : feed.snapshot->observations) {
      if (touching.Has(seen.indicator)) said.insert(seen.indicator);
    }
  }
  const Assessment before = AssessSome(now, said, rejected_hosts, at);
  const Assessment after = AssessSome(then, std::move(said), rejected_hosts, at);
  for (std::size_t i = 0; i < after.size(); ++i) {
    if (!before.Proposes(after.target(i))) Count(after.target(i), effects.proposed);
  }
  return effects;
}

}  // namespace agent
