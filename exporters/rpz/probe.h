#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
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

// Why the list must not be published: it blocks one of these names, which must always resolve.
std::optional<std::string> BlocksAllowProbe(const policy::ListSnapshot& list,
                                            const std::vector<std::string>& allow_probes);

// Proves by their answers that resolvers enforce the zone: the primary itself, its secondaries,
// whatever reads its file. Not thread-safe.
class Resolvers {
 public:
  Resolvers(std::vector<Endpoint> endpoints, std::string zone, std::chrono::milliseconds timeout)
      : endpoints_(std::move(endpoints)), zone_(std::move(zone)), timeout_(timeout) {}

  // Asks each until all its answers are as they must be, since a resolver takes a moment to take a
  // change over, but none for longer than `patience`, for all of them together. Gives what was
  // proven, for people. The error names each resolver that lags or differs and what it answers
  // instead: `conflict`, or `unavailable` if the only trouble is that some do not answer.
  policy::Result<std::string> Prove(const Stamp& stamp, const Probes& probes,
                                    std::chrono::milliseconds patience) const;

 private:
  policy::Result<void> ProveOne(const Endpoint& resolver, const Stamp& stamp,
                                const Probes& probes) const;
  bool StillBlocks(const Endpoint& resolver, const std::string& name) const;

  std::vector<Endpoint> endpoints_;
  std::string zone_;
  std::chrono::milliseconds timeout_;
};

}  // namespace exporters::rpz
