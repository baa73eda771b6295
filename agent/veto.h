#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/store/store.h"
#include "agent/world.h"
#include "policy/indicator.h"
#include "policy/time.h"

// Why something must not be blocked now, whatever people want. Pure.
namespace agent {

// Emergency unblocks that nobody has reviewed yet: what must not be blocked again meanwhile.
class Holds {
 public:
  explicit Holds(std::vector<store::Emergency> open) : open_(std::move(open)) {}

  // The one that a block of `target` would undo; null for none.
  const store::Emergency* Find(const policy::Indicator& target) const;

 private:
  std::vector<store::Emergency> open_;
};

// A sentence on a hold, for people.
std::string Describe(const store::Emergency& unblock);

// None where people may approve it.
std::optional<std::string> VetoOf(const World& world, const Holds& holds,
                                  const store::Proposal& proposal, policy::TimePoint now);

// Why a standing approval leaves it to people; none where one that matches may approve it. More
// than VetoOf: what a person proposed, put off or once called a false positive is for people.
std::optional<std::string> LeftToPeople(const World& world, const Holds& holds,
                                        const store::Proposal& proposal, policy::TimePoint now);

}  // namespace agent
