#include "agent/store/sqlite_rule_changes.h"

#include <algorithm>

#include "agent/store/sqlite_fields.h"

namespace agent::store {
namespace {

const std::string select_changes =
    "SELECT id, version, rules, base, configured, proposed_by, proposed_at, reason, state,"
    " decided_by, decided_at, decision_reason FROM rule_change ";

Result<RuleChange> ReadChange(const Query& row) {
  const auto state = EnumOf(row, 8, RuleState::ended);
  if (!state) return tl::unexpected(state.error());
  return RuleChange{row.Int(0),  row.Text(1), row.Text(2),        row.Text(3),
                    row.Text(4), row.Text(5), TimeOf(row.Int(6)), row.Text(7),
                    *state,      row.Text(9), MaybeTime(row, 10), row.Text(11)};
}

}  // namespace

Result<std::vector<RuleChange>> RuleChanges(Connection& connection, std::size_t limit) {
  return AllRows<RuleChange>(
      connection.Ask(select_changes + "ORDER BY id DESC LIMIT ?",
                     static_cast<std::int64_t>(std::min<std::size_t>(limit, 1U << 30))),
      ReadChange);
}

Result<std::optional<RuleChange>> FindRuleChange(Connection& connection, std::int64_t id) {
  return OneRow<RuleChange>(connection.Ask(select_changes + "WHERE id = ?", id), ReadChange);
}

Result<std::int64_t> PutRuleChange(Connection& connection, const RuleChange& change) {
  if (change.id != 0) {
    auto done = connection
                    .Ask(
                        "UPDATE rule_change SET configured = ?, state = ?, decided_by = ?,"
                        " decided_at = ?, decision_reason = ? WHERE id = ?",
                        std::string_view(change.configured), EnumColumn(change.state),
                        std::string_view(change.decided_by), ToColumn(change.decided_at),
                        std::string_view(change.decision_reason), change.id)
                    .Run();
    if (!done) return tl::unexpected(done.error());
    if (connection.Changes() != 0) return change.id;
    return policy::Fail(policy::ErrorCode::not_found,
                        "there is no change of rules " + std::to_string(change.id) + " to replace");
  }
  auto done = connection
                  .Ask(
                      "INSERT INTO rule_change(version, rules, base, configured, proposed_by,"
                      " proposed_at, reason, state, decided_by, decided_at, decision_reason)"
                      " VALUES(?,?,?,?,?,?,?,?,?,?,?)",
                      std::string_view(change.version), std::string_view(change.rules),
                      std::string_view(change.base), std::string_view(change.configured),
                      std::string_view(change.proposed_by), ToColumn(change.proposed_at),
                      std::string_view(change.reason), EnumColumn(change.state),
                      std::string_view(change.decided_by), ToColumn(change.decided_at),
                      std::string_view(change.decision_reason))
                  .Run();
  if (!done) return tl::unexpected(done.error());
  return connection.LastInsertId();
}

}  // namespace agent::store
