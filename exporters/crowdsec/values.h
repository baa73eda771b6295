#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "policy/ip_prefix.h"
#include "policy/release.h"
#include "policy/result.h"

namespace exporters::crowdsec {

// What the bouncers that pull from us make of a prefix.
struct PrefixRule {
  // They enforce ranges as such. Not so crowdsec-firewall-bouncer on nftables, which takes a
  // range's first address for all of it: for that a prefix is expanded into its addresses.
  bool as_ranges = false;
  std::uint64_t expand_max = 0;  // addresses of the widest prefix that is expanded
};

// What of a list bouncers are told to block.
struct Values {
  std::vector<policy::IpPrefix> prefixes;  // ascending, each once
  std::uint64_t enforced = 0;              // lines of the list
  std::uint64_t not_enforceable = 0;
  std::uint64_t too_wide = 0;  // of these: prefixes of more than `expand_max` addresses
};

// Pure. `exhausted` if that would be more than `entries_max` values (0: no limit), since bouncers
// cut silently; `not_allowed` for a prefix of length 0.
policy::Result<Values> ValuesOf(const policy::ListSnapshot& list, const PrefixRule& rule,
                                std::size_t entries_max);

}  // namespace exporters::crowdsec
