#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "policy/release.h"
#include "policy/time.h"

namespace exporters {

// A list that was taken from the agent, with what tells it from older ones. `list` is never null.
struct HeldList {
  std::string name;
  std::uint64_t release = 0;
  policy::TimePoint issued;
  policy::TimePoint expires;
  std::shared_ptr<const policy::ListSnapshot> list;
};

}  // namespace exporters
