#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/api/services.h"
#include "policy/result.h"
#include "sekisho/v1/api.pb.h"

namespace agent::api {

// The whole trace of an indicator: its blocks and those that cover it, what people decided, what
// the policy and the allowlists say now, where it is enforced, and its history.
policy::Result<sekisho::v1::WhyResponse> Why(const Desk& desk,
                                             const sekisho::v1::WhyRequest& request);

// Which device enforces one of `blocks`, as each device's last proof up to `at` says; without `at`,
// as things are now. `only` names one device, or is empty.
policy::Result<std::vector<sekisho::v1::WhyDevice>> WhereEnforced(
    const Desk& desk, store::Reader& reader, const std::vector<store::Block>& blocks,
    std::optional<policy::TimePoint> at, const std::string& only);

}  // namespace agent::api
