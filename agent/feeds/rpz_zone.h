#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "agent/feeds/feed_snapshot.h"
#include "policy/allowlist_format.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::feeds {

struct RpzOptions {
  // The zone's name, ending in a dot; empty where the file itself says it (zone_file.h).
  std::string zone;
  // Take what the zone rewrites (a walled garden) for blocked. Off, since zones also rewrite what
  // is good: search engines to their safe form.
  bool rewrites = false;
};

// Reads a response policy zone (RPZ) as a blocklist: its names and addresses that it denies.
//
// "*.NAME" alone says nothing of NAME itself, and our blocks of a name are of all that is below it
// too: so it counts only beside NAME. Nothing is taken that has an exception (PASSTHRU) at or below
// it, since a block here would not know of that. Passed over and counted: PASSTHRU, TCP-only,
// triggers about clients and name servers, rewrites unless asked for. What the zone says of itself
// (SOA, NS, DNSSEC) is no row.
//
// The zone knows no times: what it holds was seen at `fetched_at`.
policy::Result<FeedSnapshot> ParseRpz(std::string_view bytes, policy::TimePoint fetched_at,
                                      std::size_t rows_max, const RpzOptions& options = {});

// Reads the zone's exceptions as an allowlist: what is PASSTHRU; a wildcard is a subtree. All other
// records are no entries.
policy::Result<policy::ParsedAllowlist> ParseRpzPassthru(std::string_view bytes);

}  // namespace agent::feeds
