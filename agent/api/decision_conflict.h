#pragma once

#include <cstdint>
#include <optional>

#include "agent/store/store.h"
#include "policy/digest.h"
#include "policy/result.h"
#include "sekisho/v1/api.pb.h"

namespace agent::api {

// How a proposal differs from what a voter saw: a pending or deferred one, with the digest `seen`
// if they said so. None if it does not, or is not there at all.
policy::Result<std::optional<sekisho::v1::DecisionConflict>> ConflictOn(
    store::Reader& reader, std::int64_t id, const std::optional<policy::Sha256>& seen);

}  // namespace agent::api
