#pragma once

#include "agent/store/sqlite_connection.h"
#include "agent/store/store.h"

namespace agent::store {

// The reads and writes that are about releases, brakes, devices and feeds.

Result<std::optional<Release>> FindRelease(Connection& connection, std::uint64_t number);
Result<std::optional<Release>> LatestRelease(Connection& connection);
Result<std::optional<Release>> ReleaseAt(Connection& connection, TimePoint at);
Result<std::vector<Release>> ListReleases(Connection& connection, std::uint64_t before,
                                          std::size_t limit);
Result<void> PutRelease(Connection& connection, const Release& release);
Result<void> ForEachAllowedAt(Connection& connection, std::uint64_t release,
                              const std::function<bool(const std::string&)>& visit);
Result<void> PutAllowed(Connection& connection, const policy::Delta& change, std::uint64_t release);

Result<std::vector<Brake>> OpenBrakes(Connection& connection);
Result<std::int64_t> PutBrake(Connection& connection, const Brake& brake);
Result<std::vector<DeviceStatus>> DeviceStatuses(Connection& connection);
Result<void> PutDeviceStatus(Connection& connection, const DeviceStatus& status);
Result<std::vector<FeedState>> FeedStates(Connection& connection);
Result<void> PutFeedState(Connection& connection, const FeedState& state);

}  // namespace agent::store
