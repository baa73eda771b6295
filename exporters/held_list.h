#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "policy/release.h"
#include "policy/time.h"

namespace exporters {

// What became of a release's list on a device that no agent was there for.
struct Ended {
  std::uint64_t lines;   // that ended by themselves
  policy::Sha256 whole;  // digest of the list with them, as the agent signed it
};

// A list that was taken from the agent, with what tells it from older ones. `list` is never null.
struct HeldList {
  std::string name;
  std::uint64_t release = 0;
  policy::TimePoint issued;
  policy::TimePoint expires;
  std::shared_ptr<const policy::ListSnapshot> list;
  std::optional<Ended> ended = std::nullopt;  // none while `list` is all of the release's

  // The digest that the agent signed for this release.
  const policy::Sha256& signed_digest() const { return ended ? ended->whole : list->digest(); }
};

}  // namespace exporters
