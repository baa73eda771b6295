#include "agent/store/sqlite_emergencies.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "agent/store/sqlite_fields.h"

namespace agent::store {
namespace {

const std::string select_emergencies =
    "SELECT id, act, kind, text, within, actor, reason, at, ends_at, blocks, state, reviewer,"
    " review_reason, closed_at FROM emergency ";

std::string ColumnOf(const std::vector<std::int64_t>& ids) {
  std::string text;
  for (const std::int64_t id : ids) text += std::to_string(id) + ',';
  return text;
}

Result<std::vector<std::int64_t>> IdsOf(const std::string& text) {
  std::vector<std::int64_t> ids;
  for (const char *at = text.data(), *const end = at + text.size(); at != end; ++at) {
    std::int64_t id = 0;
    const auto [stop, error] = std::from_chars(at, end, id);
    if (error != std::errc() || stop == end || *stop != ',') {
      return policy::Fail(policy::ErrorCode::corrupt,
                          "the store holds no list of ids where one belongs: restore it from a "
                          "backup");
    }
    ids.push_back(id);
    at = stop;
  }
  return ids;
}

Result<Emergency> ReadEmergency(const Query& row) {
  const auto act = EnumOf(row, 1, EmergencyAct::unblock);
  if (!act) return tl::unexpected(act.error());
  auto target = TargetOf(row, 2);
  if (!target) return tl::unexpected(target.error());
  auto blocks = IdsOf(row.Text(9));
  if (!blocks) return tl::unexpected(blocks.error());
  const auto state = EnumOf(row, 10, EmergencyState::lapsed);
  if (!state) return tl::unexpected(state.error());
  return Emergency{row.Int(0),         *act,        *std::move(target), row.Int(4) != 0,
                   row.Text(5),        row.Text(6), TimeOf(row.Int(7)), TimeOf(row.Int(8)),
                   *std::move(blocks), *state,      row.Text(11),       row.Text(12),
                   MaybeTime(row, 13)};
}

}  // namespace

Result<std::optional<Emergency>> FindEmergency(Connection& connection, std::int64_t id) {
  return OneRow<Emergency>(connection.Ask(select_emergencies + "WHERE id = ?", id), ReadEmergency);
}

Result<std::vector<Emergency>> OpenEmergencies(Connection& connection) {
  return AllRows<Emergency>(connection.Ask(select_emergencies + "WHERE state = 0 ORDER BY id"),
                            ReadEmergency);
}

Result<std::vector<Emergency>> ListEmergencies(Connection& connection, std::int64_t before,
                                               std::size_t limit) {
  const std::int64_t below = before == 0 ? std::numeric_limits<std::int64_t>::max() : before;
  return AllRows<Emergency>(
      connection.Ask(select_emergencies + "WHERE id < ? ORDER BY id DESC LIMIT ?", below,
                     static_cast<std::int64_t>(std::min<std::size_t>(limit, 1U << 30))),
      ReadEmergency);
}

Result<std::int64_t> PutEmergency(Connection& connection, const Emergency& emergency) {
  if (emergency.id != 0) {
    auto done = connection
                    .Ask(
                        "UPDATE emergency SET state = ?, reviewer = ?, review_reason = ?,"
                        " closed_at = ? WHERE id = ?",
                        EnumColumn(emergency.state), std::string_view(emergency.reviewer),
                        std::string_view(emergency.review_reason), ToColumn(emergency.closed_at),
                        emergency.id)
                    .Run();
    if (!done) return tl::unexpected(done.error());
    if (connection.Changes() != 0) return emergency.id;
    return policy::Fail(policy::ErrorCode::not_found,
                        "there is no emergency " + std::to_string(emergency.id) + " to replace");
  }
  const std::string text = policy::TextOf(emergency.target);
  const std::string blocks = ColumnOf(emergency.blocks);
  auto done = connection
                  .Ask(
                      "INSERT INTO emergency(act, kind, text, within, actor, reason, at, ends_at,"
                      " blocks, state, reviewer, review_reason, closed_at)"
                      " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)",
                      EnumColumn(emergency.act), EnumColumn(policy::KindOf(emergency.target)),
                      std::string_view(text), std::int64_t{emergency.within ? 1 : 0},
                      std::string_view(emergency.actor), std::string_view(emergency.reason),
                      ToColumn(emergency.at), ToColumn(emergency.ends_at), std::string_view(blocks),
                      EnumColumn(emergency.state), std::string_view(emergency.reviewer),
                      std::string_view(emergency.review_reason), ToColumn(emergency.closed_at))
                  .Run();
  if (!done) return tl::unexpected(done.error());
  return connection.LastInsertId();
}

}  // namespace agent::store
