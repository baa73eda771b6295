#pragma once

#include <cstddef>
#include <string_view>

#include "agent/feeds/feed_snapshot.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::feeds {

// Reads a hosts file (hosts(5)) used as a blocklist: "0.0.0.0 evil.example". The names are the
// indicators, each a row. The address is never one, whichever it is: whoever writes
// "198.51.100.1 bank.example" must not get that address blocked. The names that hosts files have
// for the machine itself ("localhost", "ip6-allnodes", ...) are passed over.
//
// The file knows no times: what it holds was seen at `fetched_at`.
policy::Result<FeedSnapshot> ParseHostsFile(std::string_view bytes, policy::TimePoint fetched_at,
                                            std::size_t rows_max);

}  // namespace agent::feeds
