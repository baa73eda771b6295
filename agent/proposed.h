#pragma once

#include <cstdint>

#include <absl/container/flat_hash_map.h>

#include "agent/queue/queue.h"
#include "policy/indicator.h"

namespace agent {

// Which candidates the queue was given, so that one which says the same again costs no look into
// the store. It is right to forget any, and wrong to keep one that the policy has to propose anew:
// because its block ended, say, or its rejection lapsed.
//
// Holds a hash of each target and one of what was said of it: 16 bytes and a bit. Not thread-safe.
class Proposed {
 public:
  bool Has(const queue::Candidate& candidate) const;
  void Add(const queue::Candidate& candidate);
  void Forget(const policy::Indicator& target);

 private:
  absl::flat_hash_map<std::uint64_t, std::uint64_t> content_by_target_;
};

}  // namespace agent
