#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/btree_map.h>

#include "policy/ip_prefix.h"
#include "policy/result.h"
#include "policy/time.h"

namespace exporters::crowdsec {

// A CrowdSec decision: that bouncers shall block `value`.
struct Decision {
  std::uint64_t id;
  policy::IpPrefix value;
  policy::TimePoint until;  // a bouncer drops it then by itself; or, when deleted, since when it is
};

// All decisions in force and those lately deleted, so that a bouncer can be told what changed since
// it last asked. Every change has a number; a bouncer's cursor is the number it was told of last.
//
// Bouncers drop a decision when its time is over, so that one that is cut off does not block for
// ever. So each is deleted and decided again after half its time, which differs from one to the
// next: never do many come due at once.
//
// Not thread-safe.
class Ledger {
 public:
  // `hold`: the longest time of a decision; the shortest is half of it.
  explicit Ledger(std::chrono::seconds hold) : hold_(hold) {}

  struct Changes {
    std::vector<Decision> added;
    std::vector<Decision> deleted;
  };

  // Has exactly `values` (ascending, unique) in force, and renews what is due. One change, if
  // anything changes.
  void Become(const std::vector<policy::IpPrefix>& values, policy::TimePoint now);

  // What came and went after the change `cursor`, in the order of the values; all that is in force
  // for 0. What is deleted was in force before or is among the added.
  Changes Since(std::uint64_t cursor, policy::TimePoint now) const;

  // Forgets deletions that every bouncer has been told of, or that time has done.
  void Forget(std::uint64_t told_to_all, policy::TimePoint now);

  // Those that cover `value`, or are covered by it.
  std::vector<Decision> Covering(const policy::IpPrefix& value) const;
  std::vector<Decision> Within(const policy::IpPrefix& value) const;

  std::uint64_t head() const { return head_; }  // of the latest change; 0 before the first
  std::size_t size() const { return live_.size(); }
  bool HoldsExactly(const std::vector<policy::IpPrefix>& values) const;
  // No later change is numbered `cursor` or less, should the ledger be younger than that.
  void StartAfter(std::uint64_t cursor);

 private:
  friend class LedgerFile;
  struct Live {
    std::uint64_t id;
    std::uint64_t change;  // that put it there
    policy::TimePoint since;
  };
  struct Deleted {
    Decision decision;     // `until`: when it would have ended
    std::uint64_t change;  // that deleted it
    policy::TimePoint at;
  };

  std::chrono::seconds TimeOf(std::uint64_t id) const;
  Decision DecisionOf(const policy::IpPrefix& value, const Live& live) const;
  bool IsDue(const Live& live, policy::TimePoint now) const;
  // What it says of itself and what changed after `change`, as lines; and back into a ledger that
  // has all before.
  std::string LinesAfter(std::uint64_t change) const;
  policy::Result<void> ReadLines(std::string_view lines);
  policy::Result<void> ReadLine(std::string_view line);

  std::chrono::seconds hold_;
  std::uint64_t head_ = 0;
  std::uint64_t next_id_ = 1;
  absl::btree_map<policy::IpPrefix, Live> live_;
  std::vector<Deleted> deleted_;  // by change
};

}  // namespace exporters::crowdsec
