#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/feeds/feed_snapshot.h"
#include "agent/traffic/traffic.h"
#include "policy/allowlist.h"
#include "policy/allowlist_format.h"
#include "policy/evaluate.h"
#include "policy/public_suffix.h"
#include "policy/release.h"

namespace agent {

// Everything that decisions are made of, as it was at one instant. Immutable and shared.
struct World {
  struct Feed {
    policy::FeedProfile profile;
    std::shared_ptr<const feeds::FeedSnapshot> snapshot;  // null: nothing was ever taken in
    bool is_dated = true;                                 // feeds::FeedFormat
    // When the server last said that `snapshot` is what it still serves; for undated formats.
    std::optional<policy::TimePoint> served_again{};

    policy::SourcedObservation Sourced(const policy::Observation& seen) const {
      return {&profile, &seen, served_again};
    }
  };
  policy::Policy policy;
  std::shared_ptr<const policy::PublicSuffixList> suffixes;
  std::shared_ptr<const policy::Allowlist> allowlist;
  // What devices may be told to let through (policy/let_through.h); null where no list wants it.
  std::shared_ptr<const policy::ListSnapshot> let_through{};
  std::vector<Feed> feeds;
  struct List {
    policy::AllowSource source;
    std::shared_ptr<const policy::ParsedAllowlist> content;  // null: never loaded
  };
  std::vector<List> lists;  // of which `allowlist` is compiled
  // How often people refused a target as a false positive; null for never.
  std::shared_ptr<const std::map<policy::Indicator, std::uint32_t>> refusals{};
  // What our own clients use: not as it was then, but as it is when it is asked. Null where no log
  // is followed.
  std::shared_ptr<const traffic::Traffic> traffic{};
  std::uint64_t allowlist_version = 0;  // changes with the allowlist's content
  std::uint64_t version = 0;            // grows with each change of any source's
  // Never loaded so far. Without one of the feeds nothing goes stale, since that feed might
  // support it; without one of the allowlists nothing new may be blocked.
  std::vector<std::string> missing_feeds;
  std::vector<std::string> missing_allowlists;
};

std::shared_ptr<const policy::Allowlist> Compile(const std::vector<World::List>& lists,
                                                 const policy::PublicSuffixList& suffixes);

}  // namespace agent
