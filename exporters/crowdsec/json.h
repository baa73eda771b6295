#pragma once

#include <string>
#include <vector>

#include "exporters/crowdsec/ledger.h"
#include "exporters/crowdsec/query.h"
#include "policy/time.h"

namespace exporters::crowdsec {

// As CrowdSec's local API writes decisions: keys in alphabetical order, null for none, durations as
// Go prints them ("3h59m57s"), negative of what was deleted. Those that `query` leaves out are
// left out.
std::string DecisionsJson(const std::vector<Decision>& decisions, const Query& query,
                          policy::TimePoint now);

// {"deleted":[...],"new":[...]}
std::string StreamJson(const Ledger::Changes& changes, const Query& query, policy::TimePoint now);

// {"message":"..."}
std::string MessageJson(const std::string& message);

}  // namespace exporters::crowdsec
