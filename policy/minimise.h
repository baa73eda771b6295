#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/domain.h"
#include "policy/ip_prefix.h"

namespace policy {

// The least set of names whose subtrees are the same: children under a listed parent go. Canonical
// names in any order, duplicates allowed; the result is in reversed-label order, so that a parent
// would stand before its children. The views are into the input.
std::vector<std::string_view> MinimiseDomains(std::span<const std::string_view> names);

// The least set of prefixes with exactly the same addresses, ascending: contained prefixes go,
// siblings merge. Adds no address, so it cannot reach past an allowed one.
std::vector<IpPrefix> MergePrefixes(std::span<const IpPrefix> prefixes);

// The least set of prefixes with exactly the addresses of `blocked` that are not in `allowed`.
std::vector<IpPrefix> ExcludePrefixes(std::span<const IpPrefix> blocked,
                                      std::span<const IpPrefix> allowed);

}  // namespace policy
