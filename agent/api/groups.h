#pragma once

#include "agent/api/services.h"
#include "policy/result.h"
#include "sekisho/v1/api.pb.h"

namespace agent::api {

// Groups of the queue (Queue.GroupProposals). By site and by network it looks at every proposal
// that matches; by the other traits mostly at counters.
policy::Result<sekisho::v1::GroupProposalsResponse> GroupProposals(
    const Desk& desk, const sekisho::v1::GroupProposalsRequest& request);

}  // namespace agent::api
