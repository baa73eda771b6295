#pragma once

#include <vector>

#include "policy/indicator.h"

// What a block reaches. Pure.
namespace policy {

// Everything whose block would block `indicator` too, narrowest first, itself included: the names
// above a domain, the prefixes around a prefix, a URL's host and what covers that.
std::vector<Indicator> CoveredBy(const Indicator& indicator);

// Whether a block of `outer` would block all of `inner`. The same as CoveredBy(inner) having
// `outer`, but quick enough to ask of a million.
bool Covers(const Indicator& outer, const Indicator& inner);

}  // namespace policy
