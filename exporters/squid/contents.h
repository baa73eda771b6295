#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/indicator.h"
#include "policy/ip_prefix.h"
#include "policy/release.h"
#include "policy/result.h"

namespace exporters::squid {

// Names that ask which list Squid has in memory live below this one. ".invalid" never resolves
// (RFC 6761, 6.4), so they can be nobody's.
inline constexpr std::string_view kMarkerDomain = "sekisho.invalid";

// What a list asks a proxy to block, minimised.
struct Contents {
  std::vector<std::string> domains;        // by reversed labels; each stands for its whole subtree
  std::vector<policy::IpPrefix> prefixes;  // disjoint, ascending
  std::vector<std::string> urls;           // sorted
  // https URLs without TLS inspection, of which a proxy sees no more than the host; and names
  // below ".invalid", which are never looked up.
  std::uint64_t not_enforceable = 0;

  std::uint64_t size() const { return domains.size() + prefixes.size() + urls.size(); }
};

policy::Result<Contents> ContentsOf(const policy::ListSnapshot& list, bool tls_inspection);

// Says whether a request for exactly `indicator` is blocked by `contents`, be it by a wider entry.
bool Covers(const Contents& contents, const policy::Indicator& indicator);

}  // namespace exporters::squid
