#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "agent/store/store.h"
#include "agent/world.h"
#include "policy/allowlist.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent {

// What a change of people's own entries would do, as things are now.
struct AllowlistEffects {
  struct Some {
    std::uint64_t total = 0;
    std::vector<policy::Indicator> first;  // up to 20
  };
  Some leaving;      // blocks that must not be in force then
  Some withdrawn;    // open proposals that nobody can approve then
  Some needing_two;  // open proposals that take two people then, and not now
  Some proposed;     // what feeds say and is proposed then, and not now
};

// The world with another content of the allowlist of that name.
World WithAllowlist(const World& world, const std::string& name, policy::ParsedAllowlist content);

// `then` differs from `now` in `entry`, which has been added or removed. Takes the time of
// compiling an allowlist's one entry, and of asking it about every block, open proposal and
// observation.
policy::Result<AllowlistEffects> EffectsOf(const World& now, const World& then,
                                           const policy::AllowEntry& entry, store::Reader& reader,
                                           const std::set<policy::Indicator>& rejected_hosts,
                                           policy::TimePoint at);

}  // namespace agent
