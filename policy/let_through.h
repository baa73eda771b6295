#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "policy/allowlist.h"
#include "policy/indicator.h"
#include "policy/public_suffix.h"

namespace policy {

// Adds the canonical lines (LineOf), of these kinds, of what devices may be told to let through
// whatever else says otherwise, another vendor's list for one. Such a list must not let more
// through than was meant:
//
//   only what nothing on may be blocked counts (`never`): of a shared host, only the host is
//   spared; what a standard reserves, or is a public suffix, is no wish of anybody here; a line
//   stands for a name and all below it, so a name that speaks for itself alone is left out.
void AppendLetThrough(const AllowSource& source, std::span<const AllowEntry> entries,
                      const std::set<IndicatorKind>& kinds, const PublicSuffixList& suffixes,
                      std::vector<std::string>& lines);

}  // namespace policy
