#pragma once

#include <string>

#include "agent/api/services.h"
#include "agent/store/store.h"
#include "policy/result.h"

namespace agent::api {

// Reads a filter of a request, with what the agent knows at present of its own clients and of
// unblock requests.
policy::Result<store::ProposalQuery> ReadFilter(const Desk& desk, const std::string& filter);

}  // namespace agent::api
