#pragma once

#include <array>
#include <string>
#include <vector>

#include "agent/store/store.h"
#include "policy/allowlist.h"
#include "policy/allowlist_format.h"
#include "policy/public_suffix.h"
#include "policy/result.h"

// What people keep from being blocked, themselves: entries in the store, and for each effect a list
// as those of the configuration are.
namespace agent {

// No source of the configuration can have such a name.
inline const std::array<policy::AllowSource, 2> own_lists{
    {{"own entries", policy::AllowCategory::legitimate_service, policy::AllowEffect::never},
     {"own entries to review", policy::AllowCategory::legitimate_service,
      policy::AllowEffect::review}}};

// The one of `own_lists` for an effect, which is one of theirs.
const policy::AllowSource& OwnListOf(policy::AllowEffect effect);

// An entry for a name or a prefix; `malformed_input` for what is neither.
policy::Result<policy::AllowEntry> EntryFor(const policy::Indicator& target, bool subtree);

policy::Indicator TargetOf(const policy::AllowEntry& entry);

// Of those of that effect.
policy::ParsedAllowlist ContentOf(const std::vector<store::AllowEntry>& entries,
                                  policy::AllowEffect effect);

// `malformed_input` where it would not do what it says, or is so wide that it belongs into the
// configuration.
policy::Result<void> CheckEntry(const policy::AllowEntry& entry,
                                const policy::PublicSuffixList& suffixes);

}  // namespace agent
