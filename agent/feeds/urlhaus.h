#pragma once

#include <cstddef>
#include <string_view>

#include "agent/feeds/feed_snapshot.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::feeds {

// Read abuse.ch's URLhaus dumps (https://urlhaus.abuse.ch/api/): "csv_recent", comments and then
// id, dateadded, url, url_status, last_online, threat, tags, urlhaus_link, reporter; "json_recent",
// objects with the same members, in an array "urls" or in arrays by their id.
//
// Last seen is last_online or, where the payload never answered, dateadded. The feed has its own
// times, so that `fetched_at` is of no account. A comment "Number of entries: N" that does not
// agree with the rows is a sign of truncation and makes the file `malformed_input`.
policy::Result<FeedSnapshot> ParseUrlhausCsv(std::string_view bytes, policy::TimePoint fetched_at,
                                             std::size_t rows_max);
policy::Result<FeedSnapshot> ParseUrlhausJson(std::string_view bytes, policy::TimePoint fetched_at,
                                              std::size_t rows_max);

}  // namespace agent::feeds
