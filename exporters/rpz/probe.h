#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "exporters/rpz/tcp_channel.h"
#include "exporters/rpz/zone.h"
#include "policy/release.h"
#include "policy/result.h"

namespace exporters::rpz {

// Names to ask a resolver for, and what it must answer.
struct Probes {
  std::vector<std::string> blocked;  // NXDOMAIN
  std::vector<std::string> cleared;  // anything but NXDOMAIN by our zone
  std::vector<std::string> allowed;  // anything but NXDOMAIN
};

// Up to `count` names of the list that the zone can block, each as itself and as a name below it;
// which ones depends on `seed`.
std::vector<std::string> SampleBlocked(const policy::ListSnapshot& list, std::string_view zone,
                                       std::size_t count, std::uint64_t seed);

// Whether the list blocks this name, by itself or by a name above it.
bool Covers(const policy::ListSnapshot& list, std::string_view name);

// Proves by its answers that a resolver enforces the zone. Not thread-safe.
class Resolver {
 public:
  Resolver(Endpoint endpoint, std::string zone, std::chrono::milliseconds timeout)
      : endpoint_(std::move(endpoint)), zone_(std::move(zone)), timeout_(timeout) {}

  // Asks until all answers are as they must be, since a resolver takes a moment to take a change
  // over, but not for longer than `patience`. Gives the count of names asked for. `conflict` tells
  // what it answers instead.
  policy::Result<std::size_t> Prove(const Stamp& stamp, const Probes& probes,
                                    std::chrono::milliseconds patience) const;

 private:
  policy::Result<std::size_t> ProveOnce(const Stamp& stamp, const Probes& probes) const;
  bool StillBlocked(const std::string& name) const;

  Endpoint endpoint_;
  std::string zone_;
  std::chrono::milliseconds timeout_;
};

}  // namespace exporters::rpz
