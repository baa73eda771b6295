#pragma once

#include "agent/store/sqlite_connection.h"
#include "agent/store/store.h"

namespace agent::store {

// The reads and writes that are about the block history. Leaves and checkpoints are only ever
// added: writing one that is there is a `conflict`.

Result<std::uint64_t> LeafCount(Connection& connection);
Result<std::vector<LeafRow>> Leaves(Connection& connection, std::uint64_t from, std::size_t limit);
Result<std::vector<LeafRow>> LeavesAbout(Connection& connection, std::string_view subject,
                                         std::uint64_t from, std::size_t limit);
Result<std::vector<LeafRow>> NewestLeavesAbout(Connection& connection, std::string_view subject,
                                               std::size_t limit);
Result<std::uint64_t> FirstLeafSince(Connection& connection, TimePoint since);
Result<std::vector<CheckpointRow>> Checkpoints(Connection& connection, std::uint64_t after_size,
                                               std::size_t limit);
Result<std::optional<CheckpointRow>> LatestCheckpoint(Connection& connection);
Result<void> PutLeaf(Connection& connection, const LeafRow& leaf, std::string_view subject,
                     TimePoint at);
Result<void> PutCheckpoint(Connection& connection, const CheckpointRow& checkpoint);

}  // namespace agent::store
