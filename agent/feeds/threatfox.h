#pragma once

#include <cstddef>
#include <string_view>

#include "agent/feeds/feed_snapshot.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::feeds {

// Read abuse.ch's ThreatFox exports (https://threatfox.abuse.ch/export/), CSV and JSON: "ip:port",
// "domain" and "url" become observations; hashes of files and e-mail addresses are context.
//
// Last seen is last_seen_utc or, where it is absent, first_seen_utc, never our fetch. A port and
// "compromised" (a hacked site of somebody decent) are among the tags. Without a reference, it is
// the row's page at ThreatFox. A CSV without its closing "Number of entries: N", or with a wrong
// one, is `malformed_input`.
policy::Result<FeedSnapshot> ParseThreatfoxCsv(std::string_view bytes, policy::TimePoint fetched_at,
                                               std::size_t rows_max);
policy::Result<FeedSnapshot> ParseThreatfoxJson(std::string_view bytes,
                                                policy::TimePoint fetched_at, std::size_t rows_max);

}  // namespace agent::feeds
