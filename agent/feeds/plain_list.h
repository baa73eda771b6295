#pragma once

#include <cstddef>
#include <string_view>

#include "agent/feeds/feed_snapshot.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::feeds {

// Reads a list of one domain, address, prefix or URL a line, defanged or not; "#" and ";" start
// comments. A number may follow an address, as IPsum has it (how many lists hold it). Any other
// second word gets the line rejected: "198.51.100.1 bank.example" is of a hosts file, and in it
// the address is no indicator.
//
// The list knows no times: what it holds was seen at `fetched_at`.
policy::Result<FeedSnapshot> ParsePlainList(std::string_view bytes, policy::TimePoint fetched_at,
                                            std::size_t rows_max);

}  // namespace agent::feeds
