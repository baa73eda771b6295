#include "agent/api/services.h"

#include "sekisho/v1/api.pb.h"

namespace agent::api {

policy::Result<MethodTable> MakeMethodTable(const Desk& desk) {
  MethodTable table;
  AddFeeds(table, desk);
  AddObserve(table, desk);
  AddQueue(table, desk);
  AddBlocks(table, desk);
  AddReleases(table, desk);
  AddPolicy(table, desk);
  AddDevices(table, desk);
  AddHistory(table, desk);
  const auto complete = table.Check(*sekisho::v1::Proposal::descriptor()->file());
  if (!complete) return tl::unexpected(complete.error());
  return table;
}

}  // namespace agent::api
