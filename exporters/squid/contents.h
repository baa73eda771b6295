#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "exporters/squid/settings.h"
#include "policy/indicator.h"
#include "policy/ip_prefix.h"
#include "policy/release.h"
#include "policy/result.h"

namespace exporters::squid {

// What of a list stands in Squid's own ACL files, and what the whole of it comes to. The helper has
// all of the list.
struct Contents {
  std::vector<std::string> domains;        // minimised, parents first; none if the helper has them
  std::vector<policy::IpPrefix> prefixes;  // disjoint, ascending
  std::uint64_t enforced = 0;              // lines of the list, of either kind
  std::uint64_t not_enforceable = 0;
};

// False for https URLs without TLS inspection, of which a proxy sees no more than the host; and for
// names below ".invalid", which are never looked up.
bool IsEnforceable(const policy::Indicator& indicator, bool tls_inspection);

policy::Result<Contents> ContentsOf(const policy::ListSnapshot& list, const Settings& settings);

// The same, from the contents of the list before. Takes time by the change instead of by the list
// where the helper has the names, and no address changes.
policy::Result<Contents> ContentsAfter(Contents before, const policy::Delta& delta,
                                       const policy::ListSnapshot& list, const Settings& settings);

// Says whether a request for exactly `indicator` is blocked, be it by a wider entry.
bool Covers(const policy::ListSnapshot& list, const Contents& contents,
            const policy::Indicator& indicator);

}  // namespace exporters::squid
