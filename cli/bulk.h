#pragma once

#include <cstdint>

#include "cli/command.h"
#include "sekisho/v1/bulk.grpc.pb.h"

namespace cli {

// Waits until a bulk decision is over, with a bar on a terminal. It goes on without us, too.
policy::Result<sekisho::v1::BulkDecision> AwaitBulk(const Session& session, std::int64_t id);

// What became of it; a failure if some of it was refused, or it was ended before its time.
CommandResult ReportBulk(const Session& session, const sekisho::v1::BulkDecision& bulk);

}  // namespace cli
