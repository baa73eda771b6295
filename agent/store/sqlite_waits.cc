#include "agent/store/sqlite_waits.h"

#include <algorithm>

#include "agent/store/sqlite_fields.h"

namespace agent::store {

Result<std::vector<std::pair<TimePoint, std::uint64_t>>> PendingByHour(Connection& connection) {
  using Hour = std::pair<TimePoint, std::uint64_t>;
  return AllRows<Hour>(
      connection.Ask("SELECT proposed_at / 3600 * 3600 AS hour, count(*) FROM proposal"
                     " WHERE state = ? GROUP BY hour",
                     EnumColumn(ProposalState::pending)),
      [](const Query& row) {
        return Result<Hour>({TimeOf(row.Int(0)), NumberOf(row, 1)});
      });
}

// A proposal that was made anew since its block is younger than that: it does not count.
Result<std::vector<Reader::Wait>> NewestWaits(Connection& connection, std::size_t limit) {
  return AllRows<Reader::Wait>(
      connection.Ask("SELECT trait.feeds, newest.approved_at - proposal.proposed_at"
                     " FROM (SELECT proposal, approved_at FROM block WHERE manual = 0"
                     " ORDER BY id DESC LIMIT ?) AS newest"
                     " JOIN proposal ON proposal.id = newest.proposal"
                     " JOIN trait ON trait.id = proposal.trait"
                     " WHERE newest.approved_at >= proposal.proposed_at",
                     static_cast<std::int64_t>(std::min<std::size_t>(limit, 1U << 30))),
      [](const Query& row) {
        return Result<Reader::Wait>({row.Text(0), std::chrono::seconds(row.Int(1))});
      });
}

}  // namespace agent::store
