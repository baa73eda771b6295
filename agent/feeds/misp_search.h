#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "agent/feeds/feed_snapshot.h"
#include "agent/feeds/misp_reader.h"
#include "config/yaml.h"
#include "platform/http_client.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::feeds {

// How to ask a MISP server for attributes (POST URL/attributes/restSearch,
// https://www.misp-project.org/openapi/).
struct MispSearch {
  MispFilters filters;
  std::int64_t page_size = 5000;
  bool published = true;                       // of published events only
  bool sightings = true;                       // and what was sighted of them
  std::optional<std::int64_t> decaying_model;  // its number; those that decayed are left out
  // How often all is fetched anew, to notice what no change tells of: events that were deleted
  // whole, sightings, decay, deletions that the key's role may not see.
  std::chrono::seconds full_interval = std::chrono::hours(24);
  // By how much each look for changes reaches back before the last fetch: an attribute keeps the
  // time of its edit, and may be published later.
  std::chrono::seconds overlap = std::chrono::hours(24);
};

// Reads the keys of ReadMispFilters, and page_size, published, sightings, decaying_model,
// full_interval and overlap.
MispSearch ReadMispSearch(const config::Node& source);

// A Collector: fetches all attributes, or those that changed since `last_good` was made, page by
// page, and joins them by UUID. Of those that are not wanted the values are not kept. Times are the
// server's own, by its Date header: where it sends none, everything is fetched each time.
policy::Result<platform::HttpResponse> CollectMispSearch(platform::HttpClient& client,
                                                         const platform::HttpRequest& request,
                                                         std::string_view last_good,
                                                         const MispSearch& search);

policy::Result<FeedSnapshot> ParseMispSearch(std::string_view bytes, policy::TimePoint fetched_at,
                                             std::size_t rows_max, const MispSearch& search);

}  // namespace agent::feeds
