#pragma once

#include "agent/store/sqlite_connection.h"

namespace agent::store {

// "SEKI": a file of ours says so in its header.
inline constexpr std::int64_t application_id = 0x53454b49;

// Which version's tables are in the file: 0 for an empty one. Changes nothing. Refuses a file of a
// newer version or of another program with `not_allowed`.
Result<std::size_t> SchemaVersion(Connection& connection);

// This program's form.
inline constexpr std::size_t schema_version = 16;

// Creates the tables, or brings those of `version` to the form of `to`, in one transaction.
Result<void> Migrate(Connection& connection, std::size_t version, std::size_t to = schema_version);

}  // namespace agent::store
