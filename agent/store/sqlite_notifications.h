#pragma once

#include "agent/store/sqlite_connection.h"
#include "agent/store/store.h"

// The outbox in SQLite: what Reader and Transaction promise of it.
namespace agent::store {

Result<std::vector<Notification>> WaitingNotifications(Connection& connection,
                                                       const std::string& channel,
                                                       std::size_t limit);
Result<std::vector<Notification>> ListNotifications(Connection& connection, std::int64_t before,
                                                    std::size_t limit);
Result<std::uint64_t> CountLateNotifications(Connection& connection);
Result<std::optional<std::uint64_t>> NotifiedUpTo(Connection& connection);
Result<bool> AddNotification(Connection& connection, const Notification& notification);
Result<void> PutNotification(Connection& connection, const Notification& notification);
Result<void> SetNotifiedUpTo(Connection& connection, std::uint64_t index);
Result<void> ForgetNotifications(Connection& connection, TimePoint done_before);

}  // namespace agent::store
