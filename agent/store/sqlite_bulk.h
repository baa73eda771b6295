#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/store/sqlite_connection.h"
#include "agent/store/store.h"

// Bulk decisions in SQLite: what Reader and Transaction promise of them.
namespace agent::store {

Result<std::optional<BulkDecision>> FindBulk(Connection& connection, std::int64_t id);
Result<std::vector<BulkDecision>> RunningBulk(Connection& connection);
Result<std::vector<BulkDecision>> ListBulk(Connection& connection, std::int64_t before,
                                           std::size_t limit);
Result<std::vector<BulkRow>> BulkRows(Connection& connection, std::int64_t bulk, std::size_t limit);
Result<std::vector<BulkRefusal>> BulkRefusals(Connection& connection, std::int64_t bulk);

Result<std::int64_t> PutBulk(Connection& connection, const BulkDecision& bulk);
Result<void> FixBulkRows(Connection& connection, std::int64_t bulk, const ProposalQuery& query);
Result<void> DropBulkRows(Connection& connection, std::int64_t bulk, std::int64_t last_proposal);
Result<void> PutBulkRefusal(Connection& connection, std::int64_t bulk, const BulkRefusal& refusal);

}  // namespace agent::store
