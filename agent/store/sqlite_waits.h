#pragma once

#include "agent/store/sqlite_connection.h"
#include "agent/store/store.h"

// How long proposals wait for people, in SQLite: what Reader promises of it.
namespace agent::store {

Result<std::vector<std::pair<TimePoint, std::uint64_t>>> PendingByHour(Connection& connection);
Result<std::vector<Reader::Wait>> NewestWaits(Connection& connection, std::size_t limit);

}  // namespace agent::store
