#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "agent/queue/queue.h"
#include "agent/world.h"
#include "policy/evaluate.h"

namespace agent {

// What the policy makes of what the feeds say: what it proposes to block. Keeps what its World
// shares.
//
// It holds a few pointers a target: what people are shown of one is made when it is asked for,
// since that of a million takes a gigabyte.
class Assessment {
 public:
  Assessment(Assessment&&) = default;
  Assessment& operator=(Assessment&&) = default;

  std::size_t size() const { return proposed_.size(); }
  const policy::Indicator& target(std::size_t i) const {
    return *proposed_[i].target;
  }  // ascending
  queue::Candidate CandidateAt(std::size_t i) const;
  bool Proposes(const policy::Indicator& target) const { return Find(target).has_value(); }
  std::optional<queue::Candidate> CandidateOf(const policy::Indicator& target) const;

  std::map<std::string, std::uint64_t> dropped;  // indicators by the deciding reason's code
  // The indicators that were evaluated; none: all that a feed names. Of others nothing is known.
  std::optional<std::set<policy::Indicator>> scope;

 private:
  friend class Assessor;
  // All that was said of one indicator.
  struct Subject {
    const policy::Indicator* indicator;
    std::uint32_t first;  // in sources_
    std::uint32_t count;
    bool host_rejected;
  };
  struct Proposed {
    const policy::Indicator* target;
    Subject subject;  // of which the target is the whole or a part
  };

  Assessment(const World& world, policy::TimePoint now)
      : world_(std::make_shared<const World>(world)), now_(now) {}
  std::optional<std::size_t> Find(const policy::Indicator& target) const;
  policy::Decision Judge(const Subject& subject) const;
  std::span<const policy::SourcedObservation> SourcesOf(const Subject& subject) const;

  std::shared_ptr<const World> world_;
  policy::TimePoint now_;
  std::vector<policy::SourcedObservation> sources_;  // of each subject together
  std::deque<policy::Indicator> made_;  // what no feed names: hosts of URLs, parts of prefixes
  std::vector<Proposed> proposed_;
};

// Evaluates every indicator of every feed, and the hosts of their URLs (docs/decisions/0002).
// `rejected_hosts` are targets whose block people refused. Pure, but for what
// clients use meanwhile; a second for a million.
Assessment Assess(const World& world, const std::set<policy::Indicator>& rejected_hosts,
                  policy::TimePoint now);

// The same for these indicators, the hosts of those that are URLs, and all URLs on those hosts,
// which are its scope. Takes time for what it evaluates, not for all that feeds say.
Assessment AssessSome(const World& world, std::set<policy::Indicator> indicators,
                      const std::set<policy::Indicator>& rejected_hosts, policy::TimePoint now);

// How often people refused exactly this as a false positive.
std::uint32_t RefusalsOf(const World& world, const policy::Indicator& indicator);

// How many of our own clients a block of it would cut off; 0 where no log is followed.
std::uint64_t ClientsOf(const World& world, const policy::Indicator& indicator,
                        policy::TimePoint now);

// What the policy says of one indicator, given what feeds say of it, and, for a host, of the URLs
// on it: for `why`, and for a person's own proposal.
policy::Decision AssessOne(const World& world, const policy::Indicator& indicator,
                           bool proposed_by_person, policy::TimePoint now);

// Both forms in which a proposal has them.
void SetReasons(queue::Candidate& candidate, const std::vector<policy::Reason>& reasons);

}  // namespace agent
