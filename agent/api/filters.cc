#include "agent/api/filters.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <vector>

#include "agent/queue/filter.h"
#include "policy/coverage.h"

namespace agent::api {
namespace {

using policy::Indicator;
using policy::Result;

Result<std::vector<Indicator>> RequestedOf(store::Store& store) {
  auto reader = store.Read();
  if (!reader) return tl::unexpected(reader.error());
  const auto requests = (*reader)->OpenUnblockRequests();
  if (!requests) return tl::unexpected(requests.error());
  std::vector<Indicator> targets;
  for (const store::UnblockRequest& request : *requests) {
    auto covering = policy::CoveredBy(request.target);
    std::move(covering.begin(), covering.end(), std::back_inserter(targets));
  }
  std::sort(targets.begin(), targets.end());
  targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
  return targets;
}

}  // namespace

Result<store::ProposalQuery> ReadFilter(const Desk& desk, const std::string& filter) {
  const policy::TimePoint now = desk.clock.Now();
  queue::Present present;
  present.requested = [&desk] { return RequestedOf(desk.store); };
  if (const auto traffic = desk.engine.world()->traffic) {
    present.clients_of = [traffic, now](policy::IndicatorKind kind, std::string_view text) {
      return static_cast<std::int64_t>(traffic->ClientsOf(kind, text, now));
    };
  }
  return queue::ParseFilter(filter, now, present);
}

}  // namespace agent::api
