#include "agent/store/sqlite_blocks.h"

#include <algorithm>

#include "agent/store/sqlite_fields.h"

namespace agent::store {
namespace {

const std::string select_blocks =
    "SELECT id, proposal, kind, text, digest, approved_by, approved_at, expires_at, reason, manual,"
    " added_release, removed_release, removed_because, risk, bulk FROM block ";

Result<Block> ReadBlock(const Query& row) {
  auto target = TargetOf(row, 2);
  const auto digest = row.Digest(4);
  if (!target) return tl::unexpected(target.error());
  if (!digest) return tl::unexpected(digest.error());
  return Block{row.Int(0),
               row.Int(1),
               *std::move(target),
               *digest,
               row.Text(5),
               TimeOf(row.Int(6)),
               TimeOf(row.Int(7)),
               row.Text(8),
               row.Int(9) != 0,
               MaybeNumber(row, 10),
               MaybeNumber(row, 11),
               row.Text(12),
               static_cast<int>(row.Int(13)),
               row.Int(14)};
}

Result<void> Visit(Query query, const std::function<bool(const Block&)>& visit) {
  for (;;) {
    const auto more = query.Next();
    if (!more) return tl::unexpected(more.error());
    if (!*more) return {};
    const auto block = ReadBlock(query);
    if (!block) return tl::unexpected(block.error());
    if (!visit(*block)) return {};
  }
}

std::int64_t LimitColumn(std::size_t limit) {
  return static_cast<std::int64_t>(std::min<std::size_t>(limit, 1U << 30));
}

std::vector<Value> ColumnsOf(const Block& block, std::string_view text) {
  return {block.proposal_id,
          EnumColumn(policy::KindOf(block.target)),
          text,
          BlobOf(block.digest),
          std::string_view(block.approved_by),
          ToColumn(block.approved_at),
          ToColumn(block.expires_at),
          std::string_view(block.reason),
          std::int64_t{block.manual ? 1 : 0},
          ToColumn(block.added_release),
          ToColumn(block.removed_release),
          std::string_view(block.removed_because),
          std::int64_t{block.risk},
          block.bulk};
}

}  // namespace

Result<std::optional<Block>> FindBlock(Connection& connection, std::int64_t id) {
  return OneRow<Block>(connection.Ask(select_blocks + "WHERE id = ?", id), ReadBlock);
}

Result<std::vector<Block>> BlocksOf(Connection& connection, const policy::Indicator& target) {
  const std::string text = policy::TextOf(target);
  return AllRows<Block>(connection.Ask(select_blocks + "WHERE kind = ? AND text = ? ORDER BY id",
                                       EnumColumn(policy::KindOf(target)), std::string_view(text)),
                        ReadBlock);
}

Result<std::vector<Block>> ListBlocks(Connection& connection, bool include_removed,
                                      std::int64_t after_id, std::size_t limit) {
  const std::string where = include_removed ? "WHERE id > ? ORDER BY id LIMIT ?"
                                            : "WHERE removed_release IS NULL AND id > ?"
                                              " ORDER BY id LIMIT ?";
  return AllRows<Block>(connection.Ask(select_blocks + where, after_id, LimitColumn(limit)),
                        ReadBlock);
}

Result<std::vector<Block>> ExpiringBlocks(Connection& connection, TimePoint until,
                                          std::size_t limit) {
  return AllRows<Block>(
      connection.Ask(select_blocks + "WHERE removed_release IS NULL AND expires_at < ?"
                                     " ORDER BY expires_at, id LIMIT ?",
                     ToColumn(until), LimitColumn(limit)),
      ReadBlock);
}

Result<std::uint64_t> CountBlocks(Connection& connection, bool include_removed) {
  const auto count = connection.AskInt(include_removed ? "SELECT count(*) FROM block"
                                                       : "SELECT count(*) FROM block"
                                                         " WHERE removed_release IS NULL");
  if (!count) return tl::unexpected(count.error());
  return static_cast<std::uint64_t>(count->value_or(0));
}

Result<void> ForEachLiveBlock(Connection& connection,
                              const std::function<bool(const Block&)>& visit) {
  return Visit(connection.Ask(select_blocks + "WHERE removed_release IS NULL ORDER BY id"), visit);
}

Result<void> ForEachBlockAt(Connection& connection, std::uint64_t release,
                            const std::function<bool(const Block&)>& visit) {
  return Visit(
      connection.Ask(select_blocks + "WHERE added_release <= ?1 AND (removed_release IS NULL OR"
                                     " removed_release > ?1) ORDER BY id",
                     ToColumn(release)),
      visit);
}

Result<Reader::BlockChange> BlocksBetween(Connection& connection, std::uint64_t from,
                                          std::uint64_t to) {
  const std::int64_t low = ToColumn(std::min(from, to));
  const std::int64_t high = ToColumn(std::max(from, to));
  auto came = AllRows<Block>(
      connection.Ask(select_blocks +
                         "WHERE added_release > ?1 AND added_release <= ?2 AND"
                         " (removed_release IS NULL OR removed_release > ?2) ORDER BY id",
                     low, high),
      ReadBlock);
  if (!came) return tl::unexpected(came.error());
  auto went = AllRows<Block>(
      connection.Ask(select_blocks + "WHERE removed_release > ?1 AND removed_release <= ?2 AND"
                                     " added_release <= ?1 ORDER BY id",
                     low, high),
      ReadBlock);
  if (!went) return tl::unexpected(went.error());
  if (from > to) std::swap(*came, *went);
  return Reader::BlockChange{*std::move(came), *std::move(went)};
}

Result<std::int64_t> PutBlock(Connection& connection, const Block& block) {
  const std::string text = policy::TextOf(block.target);
  auto values = ColumnsOf(block, text);
  if (block.id == 0) {
    auto done =
        connection
            .Ask(
                "INSERT INTO block(proposal, kind, text, digest, approved_by, approved_at,"
                " expires_at, reason, manual, added_release, removed_release, removed_because,"
                " risk, bulk) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                std::span<const Value>(values))
            .Run();
    if (!done) return tl::unexpected(done.error());
    return connection.LastInsertId();
  }
  values.emplace_back(block.id);
  auto done = connection
                  .Ask(
                      "UPDATE block SET proposal=?, kind=?, text=?, digest=?, approved_by=?,"
                      " approved_at=?, expires_at=?, reason=?, manual=?, added_release=?,"
                      " removed_release=?, removed_because=?, risk=?, bulk=? WHERE id = ?",
                      std::span<const Value>(values))
                  .Run();
  if (!done) return tl::unexpected(done.error());
  if (connection.Changes() == 0) {
    return policy::Fail(policy::ErrorCode::not_found,
                        "there is no block " + std::to_string(block.id) + " to replace");
  }
  return block.id;
}

}  // namespace agent::store
