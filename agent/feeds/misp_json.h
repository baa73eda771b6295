#pragma once

#include <cstddef>
#include <string_view>

#include "agent/feeds/feed_snapshot.h"
#include "agent/feeds/misp_reader.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::feeds {

// Reads a file of MISP events, objects or attributes, in any form that VisitMisp knows.
policy::Result<FeedSnapshot> ParseMispFile(std::string_view bytes, policy::TimePoint fetched_at,
                                           std::size_t rows_max, const MispFilters& filters);

}  // namespace agent::feeds
