#include "agent/store/sqlite_bulk.h"

#include <algorithm>
#include <limits>

#include "agent/store/sqlite_fields.h"
#include "agent/store/sqlite_filter.h"

namespace agent::store {
namespace {

const std::string select_bulk =
    "SELECT id, voter, verdict, reason, lifetime, filter, started, state, ended_because, ended,"
    " matched, decided, awaiting, refused, (SELECT max(added_release) FROM block"
    " WHERE bulk = bulk_decision.id AND bulk <> 0) FROM bulk_decision ";

Result<BulkDecision> ReadBulk(const Query& row) {
  const auto verdict = EnumOf(row, 2, Verdict::defer);
  const auto state = EnumOf(row, 7, BulkState::stopped);
  if (!verdict) return tl::unexpected(verdict.error());
  if (!state) return tl::unexpected(state.error());
  BulkDecision bulk;
  bulk.id = row.Int(0);
  bulk.voter = row.Text(1);
  bulk.verdict = *verdict;
  bulk.reason = row.Text(3);
  if (!row.IsNull(4)) bulk.lifetime = std::chrono::seconds(row.Int(4));
  bulk.filter = row.Text(5);
  bulk.started = TimeOf(row.Int(6));
  bulk.state = *state;
  bulk.ended_because = row.Text(8);
  bulk.ended = MaybeTime(row, 9);
  bulk.matched = NumberOf(row, 10);
  bulk.decided = NumberOf(row, 11);
  bulk.awaiting = NumberOf(row, 12);
  bulk.refused = NumberOf(row, 13);
  bulk.release = NumberOf(row, 14);
  return bulk;
}

std::vector<Value> ColumnsOf(const BulkDecision& bulk) {
  return {std::string_view(bulk.voter),
          EnumColumn(bulk.verdict),
          std::string_view(bulk.reason),
          bulk.lifetime ? Value(std::int64_t{bulk.lifetime->count()}) : Value(nullptr),
          std::string_view(bulk.filter),
          ToColumn(bulk.started),
          EnumColumn(bulk.state),
          std::string_view(bulk.ended_because),
          ToColumn(bulk.ended),
          ToColumn(bulk.matched),
          ToColumn(bulk.decided),
          ToColumn(bulk.awaiting),
          ToColumn(bulk.refused)};
}

std::int64_t LimitColumn(std::size_t limit) {
  return static_cast<std::int64_t>(std::min<std::size_t>(limit, 1U << 30));
}

}  // namespace

Result<std::optional<BulkDecision>> FindBulk(Connection& connection, std::int64_t id) {
  return OneRow<BulkDecision>(connection.Ask(select_bulk + "WHERE id = ?", id), ReadBulk);
}

Result<std::vector<BulkDecision>> RunningBulk(Connection& connection) {
  return AllRows<BulkDecision>(connection.Ask(select_bulk + "WHERE state = 0 ORDER BY id"),
                               ReadBulk);
}

Result<std::vector<BulkDecision>> ListBulk(Connection& connection, std::int64_t before,
                                           std::size_t limit) {
  const std::int64_t below = before == 0 ? std::numeric_limits<std::int64_t>::max() : before;
  return AllRows<BulkDecision>(connection.Ask(select_bulk + "WHERE id < ? ORDER BY id DESC LIMIT ?",
                                              below, LimitColumn(limit)),
                               ReadBulk);
}

Result<std::vector<BulkRow>> BulkRows(Connection& connection, std::int64_t bulk,
                                      std::size_t limit) {
  return AllRows<BulkRow>(connection.Ask("SELECT proposal, digest FROM bulk_row WHERE bulk = ?"
                                         " ORDER BY proposal LIMIT ?",
                                         bulk, LimitColumn(limit)),
                          [](const Query& row) -> Result<BulkRow> {
                            const auto digest = row.Digest(1);
                            if (!digest) return tl::unexpected(digest.error());
                            return BulkRow{row.Int(0), *digest};
                          });
}

Result<std::vector<BulkRefusal>> BulkRefusals(Connection& connection, std::int64_t bulk) {
  return AllRows<BulkRefusal>(
      connection.Ask("SELECT proposal, reason FROM bulk_refusal WHERE bulk = ? ORDER BY proposal",
                     bulk),
      [](const Query& row) {
        return Result<BulkRefusal>(BulkRefusal{row.Int(0), row.Text(1)});
      });
}

Result<std::int64_t> PutBulk(Connection& connection, const BulkDecision& bulk) {
  auto values = ColumnsOf(bulk);
  if (bulk.id == 0) {
    auto done = connection
                    .Ask(
                        "INSERT INTO bulk_decision(voter, verdict, reason, lifetime, filter,"
                        " started, state, ended_because, ended, matched, decided, awaiting,"
                        " refused) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)",
                        std::span<const Value>(values))
                    .Run();
    if (!done) return tl::unexpected(done.error());
    return connection.LastInsertId();
  }
  values.emplace_back(bulk.id);
  auto done = connection
                  .Ask(
                      "UPDATE bulk_decision SET voter=?, verdict=?, reason=?, lifetime=?, filter=?,"
                      " started=?, state=?, ended_because=?, ended=?, matched=?, decided=?,"
                      " awaiting=?, refused=? WHERE id = ?",
                      std::span<const Value>(values))
                  .Run();
  if (!done) return tl::unexpected(done.error());
  if (connection.Changes() != 0) return bulk.id;
  return policy::Fail(policy::ErrorCode::not_found,
                      "there is no bulk decision " + std::to_string(bulk.id) + " to replace");
}

Result<void> FixBulkRows(Connection& connection, std::int64_t bulk, const ProposalQuery& query) {
  const auto ids = IdsOf(connection, query);
  if (!ids) return tl::unexpected(ids.error());
  const Filter filter = FilterOf(query, *ids);
  std::vector<Value> values{bulk};
  std::string states;
  for (const ProposalState state : StatesOf(query)) {
    states += states.empty() ? "?" : ",?";
    values.emplace_back(EnumColumn(state));
  }
  values.insert(values.end(), filter.values.begin(), filter.values.end());
  return connection
      .Ask(
          "INSERT INTO bulk_row(bulk, proposal, digest) SELECT ?, id, digest FROM proposal"
          " INDEXED BY proposal_queue WHERE state IN (" +
              states + ")" + filter.sql,
          std::span<const Value>(values))
      .Run();
}

Result<void> DropBulkRows(Connection& connection, std::int64_t bulk, std::int64_t last_proposal) {
  return connection
      .Ask("DELETE FROM bulk_row WHERE bulk = ? AND proposal <= ?", bulk, last_proposal)
      .Run();
}

Result<void> PutBulkRefusal(Connection& connection, std::int64_t bulk, const BulkRefusal& refusal) {
  return connection
      .Ask("INSERT INTO bulk_refusal(bulk, proposal, reason) VALUES(?,?,?)", bulk,
           refusal.proposal_id, std::string_view(refusal.reason))
      .Run();
}

}  // namespace agent::store
