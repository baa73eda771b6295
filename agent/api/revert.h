#pragma once

#include "agent/api/services.h"
#include "policy/result.h"
#include "sekisho/v1/api.pb.h"

namespace agent::api {

// Releases.RevertReleases: undoes what releases did to the lists, as far as one person may. What
// they added is revoked at once; what they removed is only proposed again.
policy::Result<sekisho::v1::RevertReleasesResponse> RevertReleases(
    const Desk& desk, const Caller& caller, const sekisho::v1::RevertReleasesRequest& request);

}  // namespace agent::api
