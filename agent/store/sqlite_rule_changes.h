#pragma once

#include "agent/store/sqlite_connection.h"
#include "agent/store/store.h"

// Changes of the policy's rules in SQLite: what Reader and Transaction promise of them.
namespace agent::store {

Result<std::vector<RuleChange>> RuleChanges(Connection& connection, std::size_t limit);
Result<std::optional<RuleChange>> FindRuleChange(Connection& connection, std::int64_t id);
Result<std::int64_t> PutRuleChange(Connection& connection, const RuleChange& change);

}  // namespace agent::store
