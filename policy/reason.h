#pragma once

#include <span>
#include <string>

#include "policy/evaluate.h"

namespace policy {

// The sentences of a Decision, apart from its rules: they name the feed, list, entry and times that
// decided, so that a person can check each. They quote untrusted text as it came.

// `newest` is the one seen last of all that were too old or from the future; null if there is none.
Reason NotFresh(const SourcedObservation* newest, std::chrono::seconds age_max, TimePoint now);

// `fresh` holds at least one.
Reason Fresh(std::span<const SourcedObservation> fresh, std::chrono::seconds age_max);
Reason LowConfidence(Confidence combined, const Policy& policy,
                     std::span<const SourcedObservation> fresh);
Reason Confident(Confidence combined, const Policy& policy,
                 std::span<const SourcedObservation> fresh);

// `count` observations were of URLs on the host, one of them `example`.
Reason HostOfUrls(std::size_t count, const Url& example);

// `code` is what the hit led to.
Reason OnAllowlist(ReasonCode code, const AllowHit& hit);

}  // namespace policy
