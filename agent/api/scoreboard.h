#pragma once

#include "agent/store/store.h"
#include "agent/world.h"
#include "policy/result.h"
#include "policy/time.h"
#include "sekisho/v1/scoreboard.pb.h"

namespace agent::api {

// Counts what is in the store. A second or so with a million proposals.
policy::Result<sekisho::v1::GetScoreboardResponse> CountScores(store::Reader& reader,
                                                               const World& world,
                                                               policy::TimePoint now);

}  // namespace agent::api
