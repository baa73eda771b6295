#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "agent/feeds/feed_snapshot.h"
#include "agent/feeds/misp_reader.h"
#include "config/yaml.h"
#include "platform/http_client.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::feeds {

// A feed in MISP's own format (https://www.circl.lu/doc/misp/managing-feeds/): a folder with
// manifest.json, which lists events with the time of their last change, and UUID.json for each. Its
// hashes.csv, with which MISP looks values up that it has not fetched, is of no use here.
struct MispFeed {
  MispFilters filters;
  std::optional<policy::TimePoint> since;  // events that did not change since are left out
};

// Reads the keys of ReadMispFilters, and `since`.
MispFeed ReadMispFeed(const config::Node& source);

// A Collector: fetches the manifest and those events whose time in it is another than it was when
// `last_good` was made. Events that are gone from the manifest are left out.
policy::Result<platform::HttpResponse> CollectMispFeed(platform::HttpClient& client,
                                                       const platform::HttpRequest& request,
                                                       std::string_view last_good,
                                                       const MispFeed& feed);

policy::Result<FeedSnapshot> ParseMispFeed(std::string_view bytes, policy::TimePoint fetched_at,
                                           std::size_t rows_max, const MispFeed& feed);

}  // namespace agent::feeds
