#pragma once

#include "agent/store/sqlite_connection.h"
#include "agent/store/store.h"

// Emergencies in SQLite: what Reader and Transaction promise of them.
namespace agent::store {

Result<std::optional<Emergency>> FindEmergency(Connection& connection, std::int64_t id);
Result<std::vector<Emergency>> OpenEmergencies(Connection& connection);
Result<std::vector<Emergency>> ListEmergencies(Connection& connection, std::int64_t before,
                                               std::size_t limit);
Result<std::int64_t> PutEmergency(Connection& connection, const Emergency& emergency);

}  // namespace agent::store
