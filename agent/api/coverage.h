#pragma once

#include <vector>

#include "policy/indicator.h"

namespace agent::api {

// Everything whose block would block `indicator` too, narrowest first, itself included: the names
// above a domain, the prefixes around a prefix, a URL's host and what covers that. Pure.
std::vector<policy::Indicator> CoveredBy(const policy::Indicator& indicator);

}  // namespace agent::api
