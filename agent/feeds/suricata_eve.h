#pragma once

#include <chrono>
#include <functional>
#include <string_view>

#include "agent/feeds/eve_alert.h"
#include "agent/feeds/registry.h"

namespace agent::feeds {

// Of the key `home_net`, a list of prefixes; without it the default.
HomeNet ReadHomeNet(const config::Node& node);

struct EveSettings {
  HomeNet home;
  std::chrono::seconds retention{std::chrono::hours(24 * 30)};  // since last seen
  std::function<policy::TimePoint()> now;
};

// Format "suricata-eve": alerts of a Suricata beside us as detections. Its collector follows the
// log of a file: URL through rotation (log_follower.h) and gives the tally of all that it has seen
// (eve_tally.h), which is what the parser reads. Keys: `home_net`, a list of prefixes; `retention`.
FeedFormat MakeSuricataEve(const config::Node& source);

Collector FollowEve(EveSettings settings);

// Reads an EveTally's document; what it holds has its own times.
policy::Result<FeedSnapshot> ParseEveTally(std::string_view bytes, policy::TimePoint fetched_at,
                                           std::size_t rows_max);

}  // namespace agent::feeds
