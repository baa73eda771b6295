#include "agent/store/sqlite_standing.h"

#include <algorithm>
#include <limits>

#include "agent/store/sqlite_fields.h"

namespace agent::store {
namespace {

const std::string select_approvals =
    "SELECT id, filter, lifetime, uses_per_day, expires_at, policy_version, reason, digest,"
    " proposed_by, proposed_at, state, ended_by, ended_because, ended_at, uses, uses_on_last_day,"
    " last_used_at FROM standing_approval ";

Result<StandingVote> ReadStandingVote(const Query& row) {
  const auto digest = row.Digest(1);
  if (!digest) return tl::unexpected(digest.error());
  return StandingVote{row.Text(0), *digest, row.Text(2), TimeOf(row.Int(3))};
}

Result<StandingApproval> ReadStandingApproval(const Query& row) {
  const auto digest = row.Digest(7);
  if (!digest) return tl::unexpected(digest.error());
  const auto state = EnumOf(row, 10, StandingState::ended);
  if (!state) return tl::unexpected(state.error());
  StandingApproval approval;
  approval.id = row.Int(0);
  approval.filter = row.Text(1);
  approval.lifetime = std::chrono::seconds(row.Int(2));
  approval.uses_per_day = static_cast<std::uint32_t>(row.Int(3));
  approval.expires_at = TimeOf(row.Int(4));
  approval.policy_version = row.Text(5);
  approval.reason = row.Text(6);
  approval.digest = *digest;
  approval.proposed_by = row.Text(8);
  approval.proposed_at = TimeOf(row.Int(9));
  approval.state = *state;
  approval.ended_by = row.Text(11);
  approval.ended_because = row.Text(12);
  approval.ended_at = MaybeTime(row, 13);
  approval.uses = NumberOf(row, 14);
  approval.uses_on_last_day = static_cast<std::uint32_t>(row.Int(15));
  approval.last_used_at = MaybeTime(row, 16);
  return approval;
}

Result<std::vector<StandingApproval>> AllOf(Connection& connection, Query query) {
  auto approvals = AllRows<StandingApproval>(std::move(query), ReadStandingApproval);
  if (!approvals) return approvals;
  for (StandingApproval& approval : *approvals) {
    auto votes =
        AllRows<StandingVote>(connection.Ask("SELECT voter, digest, reason, at FROM standing_vote"
                                             " WHERE approval = ? ORDER BY voter",
                                             approval.id),
                              ReadStandingVote);
    if (!votes) return tl::unexpected(votes.error());
    approval.votes = std::move(*votes);
  }
  return approvals;
}

Result<void> PutVotes(Connection& connection, std::int64_t id,
                      const std::vector<StandingVote>& votes) {
  auto cleared = connection.Ask("DELETE FROM standing_vote WHERE approval = ?", id).Run();
  for (const StandingVote& vote : votes) {
    if (!cleared) return cleared;
    cleared = connection
                  .Ask(
                      "INSERT INTO standing_vote(approval, voter, digest, reason, at)"
                      " VALUES(?,?,?,?,?)",
                      id, std::string_view(vote.voter), BlobOf(vote.digest),
                      std::string_view(vote.reason), ToColumn(vote.at))
                  .Run();
  }
  return cleared;
}

// What the rule says never changes.
Result<void> Replace(Connection& connection, const StandingApproval& approval) {
  auto done =
      connection
          .Ask(
              "UPDATE standing_approval SET state = ?, ended_by = ?, ended_because = ?,"
              " ended_at = ?, uses = ?, uses_on_last_day = ?, last_used_at = ? WHERE id = ?",
              EnumColumn(approval.state), std::string_view(approval.ended_by),
              std::string_view(approval.ended_because), ToColumn(approval.ended_at),
              ToColumn(approval.uses), std::int64_t{approval.uses_on_last_day},
              ToColumn(approval.last_used_at), approval.id)
          .Run();
  if (!done || connection.Changes() != 0) return done;
  return policy::Fail(
      policy::ErrorCode::not_found,
      "there is no standing approval " + std::to_string(approval.id) + " to replace");
}

Result<std::int64_t> Insert(Connection& connection, const StandingApproval& approval) {
  auto done = connection
                  .Ask(
                      "INSERT INTO standing_approval(filter, lifetime, uses_per_day, expires_at,"
                      " policy_version, reason, digest, proposed_by, proposed_at, state, ended_by,"
                      " ended_because, ended_at, uses, uses_on_last_day, last_used_at)"
                      " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                      std::string_view(approval.filter), std::int64_t{approval.lifetime.count()},
                      std::int64_t{approval.uses_per_day}, ToColumn(approval.expires_at),
                      std::string_view(approval.policy_version), std::string_view(approval.reason),
                      BlobOf(approval.digest), std::string_view(approval.proposed_by),
                      ToColumn(approval.proposed_at), EnumColumn(approval.state),
                      std::string_view(approval.ended_by), std::string_view(approval.ended_because),
                      ToColumn(approval.ended_at), ToColumn(approval.uses),
                      std::int64_t{approval.uses_on_last_day}, ToColumn(approval.last_used_at))
                  .Run();
  if (!done) return tl::unexpected(done.error());
  return connection.LastInsertId();
}

}  // namespace

Result<std::optional<StandingApproval>> FindStandingApproval(Connection& connection,
                                                             std::int64_t id) {
  auto found = AllOf(connection, connection.Ask(select_approvals + "WHERE id = ?", id));
  if (!found) return tl::unexpected(found.error());
  if (found->empty()) return std::optional<StandingApproval>();
  return std::optional(std::move(found->front()));
}

Result<std::vector<StandingApproval>> OpenStandingApprovals(Connection& connection) {
  return AllOf(connection, connection.Ask(select_approvals + "WHERE state < 2 ORDER BY id"));
}

Result<std::vector<StandingApproval>> ListStandingApprovals(Connection& connection,
                                                            std::int64_t before,
                                                            std::size_t limit) {
  const std::int64_t below = before == 0 ? std::numeric_limits<std::int64_t>::max() : before;
  return AllOf(connection,
               connection.Ask(select_approvals + "WHERE id < ? ORDER BY id DESC LIMIT ?", below,
                              static_cast<std::int64_t>(std::min<std::size_t>(limit, 1U << 30))));
}

Result<std::int64_t> PutStandingApproval(Connection& connection, const StandingApproval& approval) {
  auto id = Result<std::int64_t>(approval.id);
  if (approval.id == 0) {
    id = Insert(connection, approval);
  } else if (auto replaced = Replace(connection, approval); !replaced) {
    id = tl::unexpected(replaced.error());
  }
  if (!id) return id;
  if (auto votes = PutVotes(connection, *id, approval.votes); !votes) {
    return tl::unexpected(votes.error());
  }
  return id;
}

}  // namespace agent::store
