#pragma once

#include <optional>
#include <string>

#include "agent/store/sqlite_connection.h"
#include "policy/indicator.h"
#include "policy/time.h"

namespace agent::store {

// How values of the product stand in SQLite's columns.

inline std::int64_t ToColumn(policy::TimePoint at) {
  return at.time_since_epoch().count();
}
inline policy::TimePoint TimeOf(std::int64_t column) {
  return policy::TimePoint(std::chrono::seconds(column));
}

inline Value ToColumn(const std::optional<policy::TimePoint>& at) {
  return at ? Value(ToColumn(*at)) : Value(nullptr);
}
inline std::optional<policy::TimePoint> MaybeTime(const Query& row, int column) {
  return row.IsNull(column) ? std::nullopt : std::optional(TimeOf(row.Int(column)));
}

// Counters never reach 2^63; if one did, it would come back as it went in.
inline std::int64_t ToColumn(std::uint64_t number) {
  return static_cast<std::int64_t>(number);
}
inline std::uint64_t NumberOf(const Query& row, int column) {
  return static_cast<std::uint64_t>(row.Int(column));
}
inline Value ToColumn(const std::optional<std::uint64_t>& number) {
  return number ? Value(ToColumn(*number)) : Value(nullptr);
}
inline std::optional<std::uint64_t> MaybeNumber(const Query& row, int column) {
  return row.IsNull(column) ? std::nullopt : std::optional(NumberOf(row, column));
}

template <class Enum>
constexpr std::int64_t EnumColumn(Enum value) {
  return static_cast<std::int64_t>(value);
}
// `corrupt` for a number above `last`.
template <class Enum>
Result<Enum> EnumOf(const Query& row, int column, Enum last) {
  const std::int64_t number = row.Int(column);
  if (number < 0 || number > EnumColumn(last)) {
    return policy::Fail(policy::ErrorCode::corrupt, "the store holds the unknown value " +
                                                        std::to_string(number) +
                                                        ": restore it from a backup");
  }
  return static_cast<Enum>(number);
}

// Two columns: kind and text. `corrupt` if they aren't a canonical indicator.
inline Result<policy::Indicator> TargetOf(const Query& row, int column) {
  const auto kind = EnumOf(row, column, policy::IndicatorKind::file_hash);
  if (!kind) return tl::unexpected(kind.error());
  auto target = policy::ParseIndicator(*kind, row.Text(column + 1));
  if (!target) {
    return policy::Fail(policy::ErrorCode::corrupt,
                        "the store holds what is no indicator: " + target.error().detail);
  }
  return target;
}

// All rows that `read` makes of the query's.
template <class Row, class Read>
Result<std::vector<Row>> AllRows(Query query, Read read) {
  std::vector<Row> rows;
  for (;;) {
    const auto more = query.Next();
    if (!more) return tl::unexpected(more.error());
    if (!*more) return rows;
    Result<Row> row = read(query);
    if (!row) return tl::unexpected(row.error());
    rows.push_back(*std::move(row));
  }
}

// The first row, if there is one.
template <class Row, class Read>
Result<std::optional<Row>> OneRow(Query query, Read read) {
  const auto more = query.Next();
  if (!more) return tl::unexpected(more.error());
  if (!*more) return std::optional<Row>();
  Result<Row> row = read(query);
  if (!row) return tl::unexpected(row.error());
  return std::optional<Row>(*std::move(row));
}

}  // namespace agent::store
