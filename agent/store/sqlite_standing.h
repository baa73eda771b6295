#pragma once

#include "agent/store/sqlite_connection.h"
#include "agent/store/store.h"

// Standing approvals in SQLite: what Reader and Transaction promise of them.
namespace agent::store {

Result<std::optional<StandingApproval>> FindStandingApproval(Connection& connection,
                                                             std::int64_t id);
Result<std::vector<StandingApproval>> OpenStandingApprovals(Connection& connection);
Result<std::vector<StandingApproval>> ListStandingApprovals(Connection& connection,
                                                            std::int64_t before, std::size_t limit);
Result<std::int64_t> PutStandingApproval(Connection& connection, const StandingApproval& approval);

}  // namespace agent::store
