#include "agent/store/sqlite_unblock_requests.h"

#include <algorithm>
#include <limits>

#include "agent/store/sqlite_fields.h"

namespace agent::store {
namespace {

const std::string select_requests =
    "SELECT id, token, kind, text, note, contact, at, state, answered_by, answer, answered_at,"
    " until FROM unblock_request ";

Result<UnblockRequest> ReadRequest(const Query& row) {
  const auto token = row.Digest(1);
  if (!token) return tl::unexpected(token.error());
  auto target = TargetOf(row, 2);
  if (!target) return tl::unexpected(target.error());
  const auto state = EnumOf(row, 7, UnblockState::lapsed);
  if (!state) return tl::unexpected(state.error());
  return UnblockRequest{
      row.Int(0),         *token, *std::move(target), row.Text(4), row.Text(5),
      TimeOf(row.Int(6)), *state, row.Text(8),        row.Text(9), MaybeTime(row, 10),
      MaybeTime(row, 11)};
}

}  // namespace

Result<std::optional<UnblockRequest>> FindUnblockRequest(Connection& connection, std::int64_t id) {
  return OneRow<UnblockRequest>(connection.Ask(select_requests + "WHERE id = ?", id), ReadRequest);
}

Result<std::optional<UnblockRequest>> FindUnblockRequest(Connection& connection,
                                                         const policy::Sha256& token) {
  return OneRow<UnblockRequest>(connection.Ask(select_requests + "WHERE token = ?", BlobOf(token)),
                                ReadRequest);
}

Result<std::vector<UnblockRequest>> OpenUnblockRequests(Connection& connection) {
  return AllRows<UnblockRequest>(connection.Ask(select_requests + "WHERE state = 0 ORDER BY id"),
                                 ReadRequest);
}

Result<std::uint64_t> CountOpenUnblockRequests(Connection& connection) {
  const auto count = connection.AskInt("SELECT count(*) FROM unblock_request WHERE state = 0");
  if (!count) return tl::unexpected(count.error());
  return static_cast<std::uint64_t>(count->value_or(0));
}

Result<std::vector<UnblockRequest>> ListUnblockRequests(Connection& connection, std::int64_t before,
                                                        std::size_t limit) {
  const std::int64_t below = before == 0 ? std::numeric_limits<std::int64_t>::max() : before;
  return AllRows<UnblockRequest>(
      connection.Ask(select_requests + "WHERE id < ? ORDER BY id DESC LIMIT ?", below,
                     static_cast<std::int64_t>(std::min<std::size_t>(limit, 1U << 30))),
      ReadRequest);
}

Result<std::int64_t> PutUnblockRequest(Connection& connection, const UnblockRequest& request) {
  if (request.id != 0) {
    auto done = connection
                    .Ask(
                        "UPDATE unblock_request SET state = ?, answered_by = ?, answer = ?,"
                        " answered_at = ?, until = ? WHERE id = ?",
                        EnumColumn(request.state), std::string_view(request.answered_by),
                        std::string_view(request.answer), ToColumn(request.answered_at),
                        ToColumn(request.until), request.id)
                    .Run();
    if (!done) return tl::unexpected(done.error());
    if (connection.Changes() != 0) return request.id;
    return policy::Fail(
        policy::ErrorCode::not_found,
        "there is no unblock request " + std::to_string(request.id) + " to replace");
  }
  const std::string text = policy::TextOf(request.target);
  auto done =
      connection
          .Ask(
              "INSERT INTO unblock_request(token, kind, text, note, contact, at, state,"
              " answered_by, answer, answered_at, until) VALUES(?,?,?,?,?,?,?,?,?,?,?)",
              BlobOf(request.token), EnumColumn(policy::KindOf(request.target)),
              std::string_view(text), std::string_view(request.note),
              std::string_view(request.contact), ToColumn(request.at), EnumColumn(request.state),
              std::string_view(request.answered_by), std::string_view(request.answer),
              ToColumn(request.answered_at), ToColumn(request.until))
          .Run();
  if (!done) return tl::unexpected(done.error());
  return connection.LastInsertId();
}

Result<void> ForgetAskers(Connection& connection, TimePoint answered_before) {
  return connection
      .Ask(
          "UPDATE unblock_request SET note = '', contact = '' WHERE state <> 0"
          " AND (note <> '' OR contact <> '') AND answered_at < ?",
          ToColumn(answered_before))
      .Run();
}

}  // namespace agent::store
