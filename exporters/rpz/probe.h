#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "exporters/rpz/message.h"
#include "exporters/rpz/resolver_software.h"
#include "exporters/rpz/tcp_channel.h"
#include "exporters/rpz/zone.h"
#include "policy/indicator.h"
#include "policy/release.h"
#include "policy/result.h"

namespace exporters::rpz {

// Names to ask a resolver for, and what it must answer.
struct Probes {
  std::vector<std::string> blocked;  // as the zone's action wants
  std::vector<std::string> cleared;  // anything, but not from our zone
};

// Up to `count` names of the list that the zone can block, each as itself and as a name below it;
// which ones depends on `seed`. None where the zone's rules are not on names that are asked for.
std::vector<std::string> SampleBlocked(const policy::ListSnapshot& list, const ZoneParameters& zone,
                                       std::size_t count, std::uint64_t seed);

// Whether the list blocks this name, by itself or by a name above it.
bool Covers(const policy::ListSnapshot& list, std::string_view name);

struct Resolver {
  Endpoint endpoint;
  std::optional<Software> software;  // where it is known
};

// Proves by their answers that resolvers enforce a list's zone, or its several zones: the primary
// itself, its secondaries, whatever reads its file. Not thread-safe.
class Resolvers {
 public:
  // `zone_names`: of all zones that share the list; `zone` says what they have in common.
  Resolvers(std::vector<Resolver> resolvers, ZoneParameters zone,
            std::vector<std::string> zone_names, std::chrono::milliseconds timeout)
      : resolvers_(std::move(resolvers)),
        zone_(std::move(zone)),
        zone_names_(std::move(zone_names)),
        timeout_(timeout) {}

  // `stamps`: one for each zone, in their order.
  // Asks each until all its answers are as they must be, since a resolver takes a moment to take a
  // change over, but none for longer than `patience`, for all of them together. Gives what was
  // proven, and what some of them are known to do otherwise, for people. The error names each
  // resolver that lags or differs and what it answers instead: `conflict`, or `unavailable` if the
  // only trouble is that some do not answer.
  policy::Result<std::string> Prove(const std::vector<Stamp>& stamps, const Probes& probes,
                                    std::chrono::milliseconds patience) const;

  // Which of these names, and of these URLs by their hosts, one of the resolvers blocks now, by
  // whatever rule and whosoever: but not by another policy zone where it says so, as BIND does. The
  // log has the answer. A name that does not exist is not blocked, nor is one that a resolver is
  // still looking up after the time for an answer; that resolver is asked for no more of them, and
  // none is after `patience`, which the log tells.
  policy::Result<std::vector<policy::Indicator>> Blocked(
      const std::vector<policy::Indicator>& targets, std::chrono::milliseconds patience) const;

 private:
  policy::Result<void> ProveOne(const Endpoint& resolver, const std::vector<Stamp>& stamps,
                                const Probes& probes) const;
  policy::Result<void> ProveStamps(TcpChannel& channel, const Endpoint& resolver,
                                   const std::vector<Stamp>& stamps) const;
  policy::Result<void> ProveBlocked(TcpChannel& channel, const Endpoint& resolver,
                                    const std::string& name) const;
  enum class Answer : std::uint8_t { good, blocked, none };
  bool IsOfOurs(const Response& response) const;
  bool IsBlock(const Resolver& resolver, const std::string& name, RecordType type,
               const Response& response) const;
  policy::Result<Answer> Blocks(const Resolver& resolver, const std::string& name) const;
  bool StillBlocks(const Endpoint& resolver, const std::string& name) const;
  std::string Departures() const;

  std::vector<Resolver> resolvers_;
  ZoneParameters zone_;
  std::vector<std::string> zone_names_;
  std::chrono::milliseconds timeout_;
};

}  // namespace exporters::rpz
