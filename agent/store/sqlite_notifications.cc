#include "agent/store/sqlite_notifications.h"

#include <algorithm>
#include <limits>

#include "agent/store/sqlite_fields.h"

namespace agent::store {
namespace {

const std::string select_notifications =
    "SELECT id, channel, key, event, is_urgent, at, content, batch, attempts, due_at, state,"
    " done_at, error FROM notification ";

Result<Notification> ReadNotification(const Query& row) {
  const auto state = EnumOf(row, 10, NotificationState::failed);
  if (!state) return tl::unexpected(state.error());
  return Notification{row.Int(0),      row.Text(1),        row.Text(2), row.Text(3),
                      row.Int(4) != 0, TimeOf(row.Int(5)), row.Text(6), row.Int(7),
                      row.Int(8),      TimeOf(row.Int(9)), *state,      MaybeTime(row, 11),
                      row.Text(12)};
}

std::int64_t LimitColumn(std::size_t limit) {
  return static_cast<std::int64_t>(std::min<std::size_t>(limit, 1U << 30));
}

}  // namespace

Result<std::vector<Notification>> WaitingNotifications(Connection& connection,
                                                       const std::string& channel,
                                                       std::size_t limit) {
  return AllRows<Notification>(
      connection.Ask(select_notifications + "WHERE state = 0 AND channel = ? ORDER BY id LIMIT ?",
                     std::string_view(channel), LimitColumn(limit)),
      ReadNotification);
}

Result<std::vector<Notification>> ListNotifications(Connection& connection, std::int64_t before,
                                                    std::size_t limit) {
  const std::int64_t below = before == 0 ? std::numeric_limits<std::int64_t>::max() : before;
  return AllRows<Notification>(
      connection.Ask(select_notifications + "WHERE id < ? ORDER BY id DESC LIMIT ?", below,
                     LimitColumn(limit)),
      ReadNotification);
}

Result<std::uint64_t> CountLateNotifications(Connection& connection) {
  const auto count =
      connection.AskInt("SELECT count(*) FROM notification WHERE state <> 1 AND attempts > 0");
  if (!count) return tl::unexpected(count.error());
  return static_cast<std::uint64_t>(count->value_or(0));
}

Result<std::optional<std::uint64_t>> NotifiedUpTo(Connection& connection) {
  const auto index = connection.AskInt("SELECT leaf FROM notified_up_to");
  if (!index) return tl::unexpected(index.error());
  if (!*index) return std::optional<std::uint64_t>();
  return std::optional(static_cast<std::uint64_t>(**index));
}

Result<bool> AddNotification(Connection& connection, const Notification& notification) {
  auto done =
      connection
          .Ask(
              "INSERT INTO notification(channel, key, event, is_urgent, at, content, batch,"
              " attempts, due_at, state, done_at, error)"
              " VALUES(?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT(channel, key) DO NOTHING",
              std::string_view(notification.channel), std::string_view(notification.key),
              std::string_view(notification.event), std::int64_t{notification.is_urgent ? 1 : 0},
              ToColumn(notification.at), std::string_view(notification.content), notification.batch,
              notification.attempts, ToColumn(notification.due_at), EnumColumn(notification.state),
              ToColumn(notification.done_at), std::string_view(notification.error))
          .Run();
  if (!done) return tl::unexpected(done.error());
  return connection.Changes() != 0;
}

Result<void> PutNotification(Connection& connection, const Notification& notification) {
  return connection
      .Ask(
          "UPDATE notification SET batch = ?, attempts = ?, due_at = ?, state = ?, done_at = ?,"
          " error = ? WHERE id = ?",
          notification.batch, notification.attempts, ToColumn(notification.due_at),
          EnumColumn(notification.state), ToColumn(notification.done_at),
          std::string_view(notification.error), notification.id)
      .Run();
}

Result<void> SetNotifiedUpTo(Connection& connection, std::uint64_t index) {
  return connection
      .Ask("INSERT OR REPLACE INTO notified_up_to(id, leaf) VALUES(1, ?)", ToColumn(index))
      .Run();
}

Result<void> ForgetNotifications(Connection& connection, TimePoint done_before) {
  return connection
      .Ask("DELETE FROM notification WHERE state <> 0 AND done_at < ?", ToColumn(done_before))
      .Run();
}

}  // namespace agent::store
