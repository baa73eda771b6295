#pragma once

#include <cstddef>
#include <string_view>

#include "agent/feeds/feed_snapshot.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::feeds {

// Read abuse.ch's Feodo Tracker blocklists of botnet servers
// (https://feodotracker.abuse.ch/blocklist/), CSV and JSON. The address is the indicator, its port
// a tag; the host name that the JSON gives is its provider's, and no indicator.
//
// Last seen is the start of the day of last_online or, if that is later or there is no such day,
// first_seen. A CSV without its closing "END N entries", or with a wrong one, is `malformed_input`.
policy::Result<FeedSnapshot> ParseFeodoCsv(std::string_view bytes, policy::TimePoint fetched_at,
                                           std::size_t rows_max);
policy::Result<FeedSnapshot> ParseFeodoJson(std::string_view bytes, policy::TimePoint fetched_at,
                                            std::size_t rows_max);

}  // namespace agent::feeds
