#pragma once

#include "agent/store/sqlite_connection.h"
#include "agent/store/store.h"

namespace agent::store {

// The reads and writes that are about blocks. A block is in force from added_release until
// removed_release, so any past list and any delta is a range of these two.

Result<std::optional<Block>> FindBlock(Connection& connection, std::int64_t id);
Result<std::vector<Block>> BlocksOf(Connection& connection, const policy::Indicator& target);
Result<std::vector<Block>> ListBlocks(Connection& connection, bool include_removed,
                                      std::int64_t after_id, std::size_t limit);
Result<std::vector<Block>> ExpiringBlocks(Connection& connection, TimePoint until,
                                          std::size_t limit);
Result<std::uint64_t> CountBlocks(Connection& connection, bool include_removed);
Result<void> ForEachLiveBlock(Connection& connection,
                              const std::function<bool(const Block&)>& visit);
Result<void> ForEachBlockAt(Connection& connection, std::uint64_t release,
                            const std::function<bool(const Block&)>& visit);
Result<Reader::BlockChange> BlocksBetween(Connection& connection, std::uint64_t from,
                                          std::uint64_t to);
Result<std::int64_t> PutBlock(Connection& connection, const Block& block);

}  // namespace agent::store
