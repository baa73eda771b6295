#pragma once

#include <string>
#include <vector>

#include "exporters/squid/contents.h"
#include "exporters/squid/settings.h"
#include "policy/release.h"

namespace exporters::squid {

// URLs to ask a proxy for, and what it has to answer.
struct Samples {
  std::vector<std::string> blocked;
  std::vector<std::string> let_through;
};

// Takes at most `settings.samples` of each kind, evenly: a name and one below it, a prefix's first
// and last address, a URL.
Samples SamplesOf(const policy::ListSnapshot& list, const Contents& contents,
                  const Settings& settings);

// Likewise of what changed: additions are blocked, removals are not, unless a wider entry blocks
// them still.
Samples SamplesOf(const policy::ListSnapshot& list, const Contents& contents,
                  const policy::Delta& delta, const Settings& settings);

}  // namespace exporters::squid
