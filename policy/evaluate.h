#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/allowlist.h"
#include "policy/confidence.h"
#include "policy/freshness.h"
#include "policy/guardrail.h"
#include "policy/observation.h"
#include "policy/public_suffix.h"
#include "policy/time.h"

namespace policy {

enum class FeedRole : std::uint8_t {
  intelligence,  // says what is bad
  detections,    // says what our own sensors saw: a second opinion, never the first
};

// How a feed is to be believed; from the configuration.
struct FeedProfile {
  std::string name;
  std::string source;  // feeds that copy each other share it, and count once
  Confidence reliability;
  Confidence default_confidence;  // for observations without one of their own
  FeedRole role = FeedRole::intelligence;
};

// The rules, from the configuration. Its `version` is in every proposal's digest, so a change of
// rules voids the votes cast under the old ones.
struct Policy {
  std::string version;
  Confidence confidence_min;
  AgeRules ages;
  std::chrono::seconds lifetime_default;  // of a block, from its approval
  std::chrono::seconds lifetime_max;
  BreadthLimits breadth;
  bool propose_hosts_of_urls = true;  // docs/decisions/0002
  // What one refusal as a false positive takes off the confidence, later on.
  int false_positive_penalty_percent = 50;
  // A block that cuts off more of our own clients takes two people.
  std::uint64_t clients_alone_max = 5;
  // Names that many may depend on take two approvers: those beside a popular name under the same
  // registrable domain, and those that a feed first saw longer ago than this.
  bool beside_popular_takes_two = true;
  std::chrono::seconds known_for_takes_two = std::chrono::hours(24 * 365);
};

struct SourcedObservation {
  const FeedProfile* feed;
  const Observation* observation;
  // When a list without times of its own was last served with this still in it.
  std::optional<TimePoint> served_again{};

  TimePoint last_seen() const {
    return std::max(observation->last_seen, served_again.value_or(observation->last_seen));
  }
};

// All that is known of one indicator.
struct Evidence {
  const Indicator* indicator;
  // Of the indicator itself, and, for a host, of the URLs on it.
  std::span<const SourcedObservation> observations;
  bool proposed_by_person = false;  // a manual proposal: freshness and confidence are the person's
  bool host_rejected = false;       // for a Url: people refused to block its host
  std::uint32_t false_positive_verdicts = 0;  // earlier refusals of exactly it as a false positive
  std::uint64_t clients = 0;  // of our own that used it, or what is below or in it, of late
};

enum class Outcome : std::uint8_t { dropped, proposed };

enum class ReasonCode : std::uint8_t {
  // why dropped
  stale,
  from_the_future,
  detections_only,
  low_confidence,
  allowlisted,
  too_broad,
  public_suffix,
  covers_allowed,
  not_enforceable,
  covered_by_host,
  whole_site_url,
  // what supports a proposal, or qualifies it
  fresh,
  confident,
  host_of_urls,
  url_on_shared_host,
  split_around_allowed,
  review_hit,
  manual,
  host_rejected,
  only_for_url_proxies,
  many_clients,
  online,
  beside_popular,
  known_long,
};
std::string_view Name(ReasonCode code);  // "low-confidence"

struct Reason {
  ReasonCode code;
  std::string detail;  // a sentence for people, in English; holds untrusted text
};

// What the policy makes of an indicator at an instant. Never without reasons.
struct Decision {
  Outcome outcome;
  // What to block. Usually the indicator itself; the remaining parts where a prefix was split
  // around allowed addresses; empty when dropped.
  std::vector<Indicator> targets;
  Confidence confidence;
  bool needs_two_approvers = false;
  std::vector<Reason> reasons;
};

// Pure: the same evidence, policy and instant give the same decision. Never widens: a target is
// the indicator or lies inside it.
//
// A Url whose host could itself be proposed is dropped as `covered_by_host` when the policy
// proposes hosts; the caller evaluates the host with the URL's observations.
Decision Evaluate(const Evidence& evidence, const Policy& policy, const Allowlist& allowlist,
                  const PublicSuffixList& suffixes, TimePoint now);

// The hits of what stands for the indicator: for a Url of its host, for a hash none.
std::vector<AllowHit> HitsOf(const Allowlist& allowlist, const Indicator& indicator);

// The host of a Url as an indicator of its own.
Indicator HostOf(const Url& url);

}  // namespace policy
