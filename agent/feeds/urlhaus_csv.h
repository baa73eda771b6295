#pragma once

#include <cstddef>
#include <string_view>

#include "agent/feeds/feed_snapshot.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::feeds {

// Reads abuse.ch's URLhaus dump (https://urlhaus.abuse.ch/api/, "csv_recent"): comments, then
// id, dateadded, url, url_status, last_online, threat, tags, urlhaus_link, reporter.
//
// Last seen is last_online or, where the payload never answered, dateadded. The feed has its own
// times, so that `fetched_at` is of no account. A comment "Number of entries: N" that does not
// agree with the rows is a sign of truncation and makes the file `malformed_input`.
policy::Result<FeedSnapshot> ParseUrlhausCsv(std::string_view bytes, policy::TimePoint fetched_at,
                                             std::size_t rows_max);

}  // namespace agent::feeds
