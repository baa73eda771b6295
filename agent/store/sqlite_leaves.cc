#include "agent/store/sqlite_leaves.h"

#include <algorithm>

#include "agent/store/sqlite_fields.h"

namespace agent::store {
namespace {

Result<LeafRow> ReadLeaf(const Query& row) {
  const auto hash = row.Digest(2);
  if (!hash) return tl::unexpected(hash.error());
  return LeafRow{NumberOf(row, 0), row.Text(1), *hash};
}

Result<CheckpointRow> ReadCheckpoint(const Query& row) {
  return CheckpointRow{NumberOf(row, 0), row.Text(1)};
}

std::int64_t LimitColumn(std::size_t limit) {
  return static_cast<std::int64_t>(std::min<std::size_t>(limit, 1U << 30));
}

}  // namespace

// By the last index, not by counting: a hole in the log is for the verifier to name.
Result<std::uint64_t> LeafCount(Connection& connection) {
  const auto last = connection.AskInt("SELECT max(idx) FROM leaf");
  if (!last) return tl::unexpected(last.error());
  return *last ? static_cast<std::uint64_t>(**last) + 1 : 0;
}

Result<std::vector<LeafRow>> Leaves(Connection& connection, std::uint64_t from, std::size_t limit) {
  return AllRows<LeafRow>(
      connection.Ask("SELECT idx, leaf, hash FROM leaf WHERE idx >= ? ORDER BY idx LIMIT ?",
                     ToColumn(from), LimitColumn(limit)),
      ReadLeaf);
}

Result<std::vector<LeafRow>> LeavesAbout(Connection& connection, std::string_view subject,
                                         std::uint64_t from, std::size_t limit) {
  return AllRows<LeafRow>(
      connection.Ask(
          "SELECT idx, leaf, hash FROM leaf WHERE subject = ? AND subject <> '' AND idx >= ?"
          " ORDER BY idx LIMIT ?",
          subject, ToColumn(from), LimitColumn(limit)),
      ReadLeaf);
}

Result<std::vector<LeafRow>> NewestLeavesAbout(Connection& connection, std::string_view subject,
                                               std::size_t limit) {
  auto rows = AllRows<LeafRow>(
      connection.Ask(
          "SELECT idx, leaf, hash FROM leaf WHERE subject = ? AND subject <> '' AND idx >= 0"
          " ORDER BY idx DESC LIMIT ?",
          subject, LimitColumn(limit)),
      ReadLeaf);
  if (rows) std::reverse(rows->begin(), rows->end());
  return rows;
}

// The lowest index, even where the clock was set back in between.
Result<std::uint64_t> FirstLeafSince(Connection& connection, TimePoint since) {
  const auto first = connection.AskInt(
      "SELECT min(idx) FROM leaf INDEXED BY leaf_at WHERE at >= ? AND idx >= 0", ToColumn(since));
  if (!first) return tl::unexpected(first.error());
  if (*first) return static_cast<std::uint64_t>(**first);
  return LeafCount(connection);
}

Result<std::vector<CheckpointRow>> Checkpoints(Connection& connection, std::uint64_t after_size,
                                               std::size_t limit) {
  return AllRows<CheckpointRow>(
      connection.Ask("SELECT size, note FROM checkpoint WHERE size > ? ORDER BY size LIMIT ?",
                     ToColumn(after_size), LimitColumn(limit)),
      ReadCheckpoint);
}

Result<std::optional<CheckpointRow>> LatestCheckpoint(Connection& connection) {
  return OneRow<CheckpointRow>(
      connection.Ask("SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1"),
      ReadCheckpoint);
}

Result<void> PutLeaf(Connection& connection, const LeafRow& leaf, std::string_view subject,
                     TimePoint at) {
  return connection
      .Ask("INSERT INTO leaf(idx, leaf, hash, subject, at) VALUES(?,?,?,?,?)", ToColumn(leaf.index),
           std::string_view(leaf.leaf), BlobOf(leaf.hash), subject, ToColumn(at))
      .Run();
}

Result<void> PutCheckpoint(Connection& connection, const CheckpointRow& checkpoint) {
  return connection
      .Ask("INSERT INTO checkpoint(size, note) VALUES(?,?)", ToColumn(checkpoint.size),
           std::string_view(checkpoint.note))
      .Run();
}

}  // namespace agent::store
