#pragma once

#include <cstddef>
#include <string_view>

#include "agent/feeds/feed_snapshot.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::feeds {

// Reads abuse.ch's list of bad TLS certificates (https://sslbl.abuse.ch/blacklist/): SHA-1 digests,
// which no device here can block, so that all of it is context. A file without its closing "END (N)
// entries", or with a wrong one, is `malformed_input`.
policy::Result<FeedSnapshot> ParseSslblCsv(std::string_view bytes, policy::TimePoint fetched_at,
                                           std::size_t rows_max);

}  // namespace agent::feeds
