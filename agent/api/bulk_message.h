#pragma once

#include "agent/store/store.h"
#include "policy/result.h"
#include "sekisho/v1/bulk.pb.h"

namespace agent::api {

// A bulk decision for people, with the first of what it refused.
policy::Result<sekisho::v1::BulkDecision> ToMessage(store::Reader& reader,
                                                    const store::BulkDecision& bulk);

}  // namespace agent::api
