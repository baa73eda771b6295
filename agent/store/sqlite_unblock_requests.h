#pragma once

#include "agent/store/sqlite_connection.h"
#include "agent/store/store.h"

// Unblock requests in SQLite: what Reader and Transaction promise of them.
namespace agent::store {

Result<std::optional<UnblockRequest>> FindUnblockRequest(Connection& connection, std::int64_t id);
Result<std::optional<UnblockRequest>> FindUnblockRequest(Connection& connection,
                                                         const policy::Sha256& token);
Result<std::vector<UnblockRequest>> OpenUnblockRequests(Connection& connection);
Result<std::uint64_t> CountOpenUnblockRequests(Connection& connection);
Result<std::vector<UnblockRequest>> ListUnblockRequests(Connection& connection, std::int64_t before,
                                                        std::size_t limit);
Result<std::int64_t> PutUnblockRequest(Connection& connection, const UnblockRequest& request);
Result<void> ForgetAskers(Connection& connection, TimePoint answered_before);

}  // namespace agent::store
