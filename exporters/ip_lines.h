#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "policy/ip_prefix.h"
#include "policy/release.h"
#include "policy/result.h"

namespace exporters {

// The `ip` lines of a list, for devices that know nothing else.
struct IpLines {
  std::vector<policy::IpPrefix> prefixes;  // in the lines' order
  std::uint64_t others = 0;                // lines of other kinds
};

// `not_allowed` for a prefix of length 0: most devices would take it, and block everything.
policy::Result<IpLines> IpLinesOf(const policy::ListSnapshot& list);
policy::Result<IpLines> IpLinesOf(const std::vector<std::string>& lines);

}  // namespace exporters
