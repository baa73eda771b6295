#include "agent/store/sqlite_allow_entries.h"

#include "agent/store/sqlite_fields.h"

namespace agent::store {
namespace {

const std::string select_entries =
    "SELECT id, kind, text, subtree, effect, owner, reason, expires_at, added_by, added_at,"
    " asked_by, asked_at, asked_because, ended_at, ended_by FROM allow_entry ";

Result<policy::AllowEntry> WhatOf(const Query& row) {
  const auto target = TargetOf(row, 1);
  if (!target) return tl::unexpected(target.error());
  const bool subtree = row.Int(3) != 0;
  auto note = std::make_shared<const policy::AllowNote>(
      policy::AllowNote{row.Text(5), row.Text(6), MaybeTime(row, 7)});
  if (const auto* const domain = std::get_if<policy::Domain>(&*target)) {
    return policy::AllowEntry{*domain, subtree, std::move(note)};
  }
  if (const auto* const prefix = std::get_if<policy::IpPrefix>(&*target)) {
    return policy::AllowEntry{*prefix, subtree, std::move(note)};
  }
  return policy::Fail(policy::ErrorCode::corrupt,
                      "the store holds a URL where a name or a prefix belongs: restore it from a "
                      "backup");
}

Result<AllowEntry> ReadEntry(const Query& row) {
  auto what = WhatOf(row);
  if (!what) return tl::unexpected(what.error());
  const auto effect = EnumOf(row, 4, policy::AllowEffect::never);
  if (!effect) return tl::unexpected(effect.error());
  return AllowEntry{
      row.Int(0),   *std::move(what),   *effect,      row.Text(8),        TimeOf(row.Int(9)),
      row.Text(10), MaybeTime(row, 11), row.Text(12), MaybeTime(row, 13), row.Text(14)};
}

Result<std::int64_t> Insert(Connection& connection, const AllowEntry& entry) {
  const auto target =
      std::visit([](const auto& what) { return policy::Indicator(what); }, entry.entry.what);
  const std::string text = policy::TextOf(target);
  const policy::AllowNote note = entry.entry.note ? *entry.entry.note : policy::AllowNote();
  auto done =
      connection
          .Ask(
              "INSERT INTO allow_entry(kind, text, subtree, effect, owner, reason, expires_at,"
              " added_by, added_at, asked_by, asked_at, asked_because, ended_at, ended_by)"
              " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
              EnumColumn(policy::KindOf(target)), std::string_view(text),
              std::int64_t{entry.entry.subtree ? 1 : 0}, EnumColumn(entry.effect),
              std::string_view(note.owner), std::string_view(note.reason), ToColumn(note.expires),
              std::string_view(entry.added_by), ToColumn(entry.added_at),
              std::string_view(entry.asked_by), ToColumn(entry.asked_at),
              std::string_view(entry.asked_because), ToColumn(entry.ended_at),
              std::string_view(entry.ended_by))
          .Run();
  if (!done) return tl::unexpected(done.error());
  return connection.LastInsertId();
}

}  // namespace

Result<std::vector<AllowEntry>> OpenAllowEntries(Connection& connection) {
  return AllRows<AllowEntry>(connection.Ask(select_entries + "WHERE ended_at IS NULL ORDER BY id"),
                             ReadEntry);
}

Result<std::int64_t> PutAllowEntry(Connection& connection, const AllowEntry& entry) {
  if (entry.id == 0) return Insert(connection, entry);
  auto done = connection
                  .Ask(
                      "UPDATE allow_entry SET asked_by = ?, asked_at = ?, asked_because = ?,"
                      " ended_at = ?, ended_by = ? WHERE id = ?",
                      std::string_view(entry.asked_by), ToColumn(entry.asked_at),
                      std::string_view(entry.asked_because), ToColumn(entry.ended_at),
                      std::string_view(entry.ended_by), entry.id)
                  .Run();
  if (!done) return tl::unexpected(done.error());
  if (connection.Changes() != 0) return entry.id;
  return policy::Fail(policy::ErrorCode::not_found,
                      "there is no allowlist entry " + std::to_string(entry.id) + " to replace");
}

}  // namespace agent::store
