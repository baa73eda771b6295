#pragma once

#include <cstdint>
#include <vector>

#include "agent/store/store.h"
#include "agent/traffic/usage.h"
#include "agent/world.h"
#include "policy/time.h"

namespace agent {

// What blocks of several proposals together would cut our own clients off from. A value.
class Cut {
 public:
  struct Used {
    store::Proposal proposal;
    std::uint64_t clients;
  };
  static constexpr std::size_t most_used_max = 10;

  // Returns how many clients the block of this one alone would cut off.
  std::uint64_t Note(const World& world, const store::Proposal& proposal, policy::TimePoint now);

  std::uint64_t proposals() const { return proposals_; }  // that are used at all
  const traffic::Usage& total() const { return total_; }
  // At most `most_used_max`, those of most clients first.
  const std::vector<Used>& most_used() const { return most_used_; }

 private:
  std::uint64_t proposals_ = 0;
  traffic::Usage total_;
  std::vector<Used> most_used_;
};

}  // namespace agent
