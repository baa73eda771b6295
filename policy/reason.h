#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "policy/evaluate.h"
#include "policy/weigh.h"

namespace policy {

// The sentences of a Decision, apart from its rules: they name the feed, list, entry and times that
// decided, so that a person can check each. They quote untrusted text as it came.

// `newest` is the one seen last of all that were too old or from the future; null if there is none.
Reason NotFresh(const Weighed* newest, TimePoint now);

// `fresh` holds detections, and nothing else.
Reason DetectionsOnly(std::span<const Weighed> fresh);

// How often people refused it as a false positive, and the confidence without that.
struct Refutation {
  Confidence before;
  std::uint32_t verdicts;
};

// `fresh` holds at least one that is no detection, for Fresh.
Reason Fresh(std::span<const Weighed> fresh);
// None unless some feed's last probe found it, or a URL on it, online.
std::optional<Reason> Online(std::span<const Weighed> fresh);
Reason LowConfidence(Confidence combined, const Policy& policy, std::span<const Weighed> fresh,
                     const Refutation& refutation);
Reason Confident(Confidence combined, const Policy& policy, std::span<const Weighed> fresh,
                 const Refutation& refutation);

// `count` observations were of URLs on the host, one of them `example`.
Reason HostOfUrls(std::size_t count, const Url& example);

// The hit is of the registrable domain of the name in question.
Reason BesidePopular(const std::string& registrable, const AllowHit& hit);

// None unless some feed first saw it before `then`; detections don't count.
std::optional<Reason> KnownLong(std::span<const Weighed> fresh, TimePoint then);

// `code` is what the hit led to.
Reason OnAllowlist(ReasonCode code, const AllowHit& hit);

// More than `alone_max` of our own clients used it of late.
Reason ManyClients(std::uint64_t alone_max);

}  // namespace policy
