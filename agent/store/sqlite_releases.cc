#include "agent/store/sqlite_releases.h"

#include <algorithm>
#include <limits>

#include "agent/store/sqlite_fields.h"

namespace agent::store {
namespace {

Result<Release> ReadRelease(const Query& row) {
  return Release{NumberOf(row, 0), TimeOf(row.Int(1)), row.Text(2), {}};
}

Result<ReleaseList> ReadReleaseList(const Query& row) {
  const auto digest = row.Digest(1);
  if (!digest) return tl::unexpected(digest.error());
  const auto terms = row.Digest(5);
  if (!terms) return tl::unexpected(terms.error());
  return ReleaseList{row.Text(0),      *digest, NumberOf(row, 2), NumberOf(row, 3),
                     NumberOf(row, 4), *terms,  NumberOf(row, 6)};
}

Result<void> AddLists(Connection& connection, Release& release) {
  auto lists = AllRows<ReleaseList>(
      connection.Ask("SELECT list, digest, count, added, removed, terms, retermed FROM release_list"
                     " WHERE release = ? ORDER BY list",
                     ToColumn(release.number)),
      ReadReleaseList);
  if (!lists) return tl::unexpected(lists.error());
  release.lists = *std::move(lists);
  return {};
}

Result<std::optional<Release>> OneRelease(Connection& connection, Query query) {
  auto release = OneRow<Release>(std::move(query), ReadRelease);
  if (!release || !*release) return release;
  if (auto done = AddLists(connection, **release); !done) return tl::unexpected(done.error());
  return release;
}

Result<Brake> ReadBrake(const Query& row) {
  return Brake{row.Int(0),  TimeOf(row.Int(1)), row.Text(2),
               row.Text(3), MaybeTime(row, 4),  row.Text(5)};
}

Result<DeviceStatus> ReadDeviceStatus(const Query& row) {
  const auto digest = row.Digest(5);
  if (!digest) return tl::unexpected(digest.error());
  return DeviceStatus{row.Text(0),        row.Text(1),        row.Text(2),
                      row.Text(3),        NumberOf(row, 4),   *digest,
                      NumberOf(row, 6),   NumberOf(row, 7),   NumberOf(row, 8),
                      row.Text(9),        MaybeTime(row, 10), row.Int(11) != 0,
                      row.Text(12),       MaybeTime(row, 13), MaybeTime(row, 14),
                      MaybeTime(row, 15), row.Int(16) != 0,   row.Text(17),
                      NumberOf(row, 18),  row.Text(19)};
}

Result<FeedState> ReadFeedState(const Query& row) {
  return FeedState{row.Text(0),      row.Text(1),     row.Text(2),       row.Text(3),
                   row.Text(4),      row.Text(5),     MaybeTime(row, 6), MaybeTime(row, 7),
                   NumberOf(row, 8), NumberOf(row, 9)};
}

}  // namespace

Result<std::optional<Release>> FindRelease(Connection& connection, std::uint64_t number) {
  return OneRelease(
      connection,
      connection.Ask("SELECT number, at, cause FROM release WHERE number = ?", ToColumn(number)));
}

Result<std::optional<Release>> LatestRelease(Connection& connection) {
  return OneRelease(
      connection,
      connection.Ask("SELECT number, at, cause FROM release ORDER BY number DESC LIMIT 1"));
}

// By number, not by time: a clock that was set back must not bring an older release forward.
Result<std::optional<Release>> ReleaseAt(Connection& connection, TimePoint at) {
  return OneRelease(connection, connection.Ask("SELECT number, at, cause FROM release WHERE at <= ?"
                                               " ORDER BY number DESC LIMIT 1",
                                               ToColumn(at)));
}

Result<std::vector<Release>> ListReleases(Connection& connection, std::uint64_t before,
                                          std::size_t limit) {
  const std::int64_t bound =
      before == 0 ? std::numeric_limits<std::int64_t>::max() : ToColumn(before);
  auto releases = AllRows<Release>(
      connection.Ask("SELECT number, at, cause FROM release WHERE number < ?"
                     " ORDER BY number DESC LIMIT ?",
                     bound, static_cast<std::int64_t>(std::min<std::size_t>(limit, 1U << 30))),
      ReadRelease);
  if (!releases) return releases;
  for (Release& release : *releases) {
    if (auto done = AddLists(connection, release); !done) return tl::unexpected(done.error());
  }
  return releases;
}

Result<void> PutRelease(Connection& connection, const Release& release) {
  auto done =
      connection
          .Ask("INSERT INTO release(number, at, cause) VALUES(?,?,?)", ToColumn(release.number),
               ToColumn(release.at), std::string_view(release.cause))
          .Run();
  for (const ReleaseList& list : release.lists) {
    if (!done) return done;
    done = connection
               .Ask(
                   "INSERT INTO release_list(release, list, digest, count, added, removed, terms,"
                   " retermed) VALUES(?,?,?,?,?,?,?,?)",
                   ToColumn(release.number), std::string_view(list.list), BlobOf(list.digest),
                   ToColumn(list.count), ToColumn(list.added), ToColumn(list.removed),
                   BlobOf(list.terms), ToColumn(list.retermed))
               .Run();
  }
  return done;
}

Result<void> ForEachAllowedAt(Connection& connection, std::uint64_t release,
                              const std::function<bool(const std::string&)>& visit) {
  auto query = connection.Ask(
      "SELECT line FROM allowed WHERE added_release <= ?1"
      " AND (removed_release IS NULL OR removed_release > ?1) ORDER BY line",
      ToColumn(release));
  for (;;) {
    const auto more = query.Next();
    if (!more) return tl::unexpected(more.error());
    if (!*more || !visit(query.Text(0))) return {};
  }
}

Result<void> PutAllowed(Connection& connection, const policy::Delta& change,
                        std::uint64_t release) {
  for (const std::string& line : change.removed) {
    auto done =
        connection
            .Ask(
                "UPDATE allowed SET removed_release = ? WHERE line = ? AND removed_release IS NULL",
                ToColumn(release), std::string_view(line))
            .Run();
    if (!done) return done;
  }
  for (const std::string& line : change.added) {
    auto done = connection
                    .Ask("INSERT INTO allowed(line, added_release) VALUES(?,?)",
                         std::string_view(line), ToColumn(release))
                    .Run();
    if (!done) return done;
  }
  return {};
}

Result<std::vector<Brake>> OpenBrakes(Connection& connection) {
  return AllRows<Brake>(
      connection.Ask("SELECT id, since, direction, reason, released_at, released_by FROM brake"
                     " WHERE released_at IS NULL ORDER BY id"),
      ReadBrake);
}

Result<std::int64_t> PutBrake(Connection& connection, const Brake& brake) {
  std::vector<Value> values{ToColumn(brake.since), std::string_view(brake.direction),
                            std::string_view(brake.reason), ToColumn(brake.released_at),
                            std::string_view(brake.released_by)};
  std::string sql =
      "INSERT INTO brake(since, direction, reason, released_at, released_by) VALUES(?,?,?,?,?)";
  if (brake.id != 0) {
    sql =
        "UPDATE brake SET since=?, direction=?, reason=?, released_at=?, released_by=?"
        " WHERE id = ?";
    values.emplace_back(brake.id);
  }
  auto done = connection.Ask(std::move(sql), std::span<const Value>(values)).Run();
  if (!done) return tl::unexpected(done.error());
  if (brake.id == 0) return connection.LastInsertId();
  if (connection.Changes() == 0) {
    return policy::Fail(policy::ErrorCode::not_found,
                        "there is no brake " + std::to_string(brake.id) + " to replace");
  }
  return brake.id;
}

Result<std::vector<DeviceStatus>> DeviceStatuses(Connection& connection) {
  return AllRows<DeviceStatus>(
      connection.Ask("SELECT device, list, exporter, software, release, digest, count, enforced,"
                     " not_enforceable, read_back, receipt_at, drift, nack, nack_at,"
                     " certificate_expires, certificate_from, dry_run, difference, ended, left_out"
                     " FROM device_status ORDER BY device"),
      ReadDeviceStatus);
}

Result<void> PutDeviceStatus(Connection& connection, const DeviceStatus& status) {
  return connection
      .Ask(
          "INSERT OR REPLACE INTO device_status(device, list, exporter, software, release,"
          " digest, count, enforced, not_enforceable, read_back, receipt_at, drift, nack,"
          " nack_at, certificate_expires, certificate_from, dry_run, difference, ended, left_out)"
          " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
          std::string_view(status.device), std::string_view(status.list),
          std::string_view(status.exporter), std::string_view(status.software),
          ToColumn(status.release), BlobOf(status.digest), ToColumn(status.count),
          ToColumn(status.enforced), ToColumn(status.not_enforceable),
          std::string_view(status.read_back), ToColumn(status.receipt_at),
          std::int64_t{status.drift ? 1 : 0}, std::string_view(status.nack),
          ToColumn(status.nack_at), ToColumn(status.certificate_expires),
          ToColumn(status.certificate_from), std::int64_t{status.dry_run ? 1 : 0},
          std::string_view(status.difference), ToColumn(status.ended),
          std::string_view(status.left_out))
      .Run();
}

Result<std::vector<FeedState>> FeedStates(Connection& connection) {
  return AllRows<FeedState>(
      connection.Ask("SELECT name, state, detail, etag, last_modified, content_sha256, fetched_at,"
                     " accepted_at, rows, rejected FROM feed_state ORDER BY name"),
      ReadFeedState);
}

Result<void> PutFeedState(Connection& connection, const FeedState& state) {
  return connection
      .Ask(
          "INSERT OR REPLACE INTO feed_state(name, state, detail, etag, last_modified,"
          " content_sha256, fetched_at, accepted_at, rows, rejected)"
          " VALUES(?,?,?,?,?,?,?,?,?,?)",
          std::string_view(state.name), std::string_view(state.state),
          std::string_view(state.detail), std::string_view(state.etag),
          std::string_view(state.last_modified), std::string_view(state.content_sha256),
          ToColumn(state.fetched_at), ToColumn(state.accepted_at), ToColumn(state.rows),
          ToColumn(state.rejected))
      .Run();
}

}  // namespace agent::store
