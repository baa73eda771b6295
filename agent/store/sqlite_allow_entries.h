#pragma once

#include "agent/store/sqlite_connection.h"
#include "agent/store/store.h"

// People's own entries of the allowlist in SQLite: what Reader and Transaction promise of them.
namespace agent::store {

Result<std::vector<AllowEntry>> OpenAllowEntries(Connection& connection);
Result<std::int64_t> PutAllowEntry(Connection& connection, const AllowEntry& entry);

}  // namespace agent::store
