#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/api/messages.h"
#include "agent/api/page_token.h"
#include "agent/api/request_checks.h"
#include "agent/api/services.h"
#include "agent/api/traffic_message.h"
#include "agent/api/why.h"
#include "sekisho/v1/api.pb.h"

namespace agent::api {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using sekisho::v1::AddBlockRequest;
using sekisho::v1::AddBlockResponse;
using sekisho::v1::ListBlocksRequest;
using sekisho::v1::ListBlocksResponse;
using sekisho::v1::RenewBlocksRequest;
using sekisho::v1::RenewBlocksResponse;
using sekisho::v1::RevokeBlocksRequest;
using sekisho::v1::RevokeBlocksResponse;
using sekisho::v1::WhyRequest;
using sekisho::v1::WhyResponse;

constexpr std::size_t blocks_by_default = 100;
constexpr std::size_t blocks_max = 10'000;
constexpr int ids_max = 10'000;
constexpr int renewed_max = 1000;

Result<ListBlocksResponse> ListExpiring(const Desk& desk, const ListBlocksRequest& request) {
  const auto within = LifetimeOf(request.expiring_within());
  if (!within) return tl::unexpected(within.error());
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  const auto rows = (*reader)->ExpiringBlocks(
      desk.clock.Now() + *within, PageLimit(request.limit(), blocks_by_default, blocks_max));
  if (!rows) return tl::unexpected(rows.error());
  ListBlocksResponse response;
  for (const store::Block& block : *rows) *response.add_blocks() = ToMessage(block);
  response.set_total(rows->size());
  return response;
}

Result<ListBlocksResponse> ListBlocks(const Desk& desk, const ListBlocksRequest& request) {
  if (request.has_expiring_within()) return ListExpiring(desk, request);
  const std::string fingerprint = request.include_removed() ? "blocks, all" : "blocks";
  std::int64_t after = 0;
  if (!request.page_token().empty()) {
    const auto cursor = ReadPageToken(request.page_token(), fingerprint, 1);
    if (!cursor) return tl::unexpected(cursor.error());
    after = cursor->front();
  }
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  const auto total = (*reader)->CountBlocks(request.include_removed());
  if (!total) return tl::unexpected(total.error());
  const std::size_t limit = PageLimit(request.limit(), blocks_by_default, blocks_max);
  const auto rows = (*reader)->ListBlocks(request.include_removed(), after, limit + 1);
  if (!rows) return tl::unexpected(rows.error());

  ListBlocksResponse response;
  response.set_total(*total);
  for (std::size_t i = 0; i < rows->size() && i < limit; ++i) {
    *response.add_blocks() = ToMessage((*rows)[i]);
  }
  if (rows->size() > limit) {
    response.set_next_page_token(WritePageToken(fingerprint, {(*rows)[limit - 1].id}));
  }
  return response;
}

Result<AddBlockResponse> AddBlock(const Desk& desk, const Caller& caller,
                                  const AddBlockRequest& request) {
  const auto indicator = TypedIndicator(request.indicator());
  if (!indicator) return tl::unexpected(indicator.error());
  if (auto checked = CheckReason(request.reason()); !checked) {
    return tl::unexpected(checked.error());
  }
  std::optional<std::chrono::seconds> lifetime;
  if (request.has_lifetime()) {
    const auto wanted = LifetimeOf(request.lifetime());
    if (!wanted) return tl::unexpected(wanted.error());
    lifetime = *wanted;
  }
  const auto proposal =
      desk.engine.ProposeByPerson(*indicator, caller.name, request.reason(), lifetime);
  if (!proposal) return tl::unexpected(proposal.error());
  AddBlockResponse response;
  *response.mutable_proposal() = ToMessage(*proposal, {});
  AddTraffic(*desk.engine.world(), *indicator, desk.clock.Now(), *response.mutable_proposal());
  return response;
}

Result<RevokeBlocksResponse> RevokeBlocks(const Desk& desk, const Caller& caller,
                                          const RevokeBlocksRequest& request) {
  if (auto checked = CheckReason(request.reason()); !checked) {
    return tl::unexpected(checked.error());
  }
  if ((request.ids_size() > 0) == !request.indicator().empty()) {
    return Fail(ErrorCode::malformed_input, "name what to revoke: either ids or an indicator");
  }
  if (request.ids_size() > ids_max) {
    return Fail(ErrorCode::malformed_input, "at most " + std::to_string(ids_max) + " ids at once");
  }
  std::optional<policy::Indicator> indicator;
  if (!request.indicator().empty()) {
    auto typed = TypedIndicator(request.indicator());
    if (!typed) return tl::unexpected(typed.error());
    indicator = std::move(*typed);
  }
  const std::vector<std::int64_t> ids(request.ids().begin(), request.ids().end());
  const auto report = desk.engine.Revoke(ids, indicator, caller.name, request.reason());
  if (!report) return tl::unexpected(report.error());
  RevokeBlocksResponse response;
  response.set_revoked(report->revoked);
  response.set_release(report->release);
  return response;
}

// The voter is who the credential says.
Result<queue::Ballot> BallotOf(const Caller& caller, const RenewBlocksRequest& request) {
  if (auto checked = CheckReason(request.reason()); !checked) {
    return tl::unexpected(checked.error());
  }
  queue::Ballot ballot{caller.name, store::Verdict::approve, request.reason()};
  ballot.needs_step_up = caller.needs_step_up;
  if (!request.has_lifetime()) return ballot;
  const auto lifetime = LifetimeOf(request.lifetime());
  if (!lifetime) return tl::unexpected(lifetime.error());
  ballot.lifetime = *lifetime;
  return ballot;
}

Result<RenewBlocksResponse> RenewBlocks(const Desk& desk, const Caller& caller,
                                        const RenewBlocksRequest& request) {
  const auto ballot = BallotOf(caller, request);
  if (!ballot) return tl::unexpected(ballot.error());
  if (request.ids_size() == 0) {
    return Fail(ErrorCode::malformed_input, "name the blocks to renew, by ids");
  }
  if (request.ids_size() > renewed_max) {
    return Fail(ErrorCode::malformed_input,
                "at most " + std::to_string(renewed_max) + " ids at once");
  }
  const std::set<std::int64_t> ids(request.ids().begin(), request.ids().end());
  const auto report = desk.engine.Renew({ids.begin(), ids.end()}, *ballot);
  if (!report) return tl::unexpected(report.error());
  RenewBlocksResponse response;
  response.set_renewed(report->decided);
  response.set_awaiting(report->awaiting);
  for (const DecideReport::Refusal& refusal : report->refused) {
    sekisho::v1::Refusal& message = *response.add_refused();
    message.set_id(refusal.id);
    message.set_indicator(refusal.indicator);
    message.set_reason(refusal.reason);
  }
  response.set_release(report->release);
  return response;
}

}  // namespace

void AddBlocks(MethodTable& table, const Desk& desk) {
  table.Add<ListBlocksRequest, ListBlocksResponse>(
      "sekisho.v1.Blocks.ListBlocks",
      [&desk](const Caller&, const auto& request) { return ListBlocks(desk, request); });
  table.Add<AddBlockRequest, AddBlockResponse>("sekisho.v1.Blocks.AddBlock",
                                               [&desk](const Caller& caller, const auto& request) {
                                                 return AddBlock(desk, caller, request);
                                               });
  table.Add<RevokeBlocksRequest, RevokeBlocksResponse>(
      "sekisho.v1.Blocks.RevokeBlocks", [&desk](const Caller& caller, const auto& request) {
        return RevokeBlocks(desk, caller, request);
      });
  table.Add<RenewBlocksRequest, RenewBlocksResponse>(
      "sekisho.v1.Blocks.RenewBlocks", [&desk](const Caller& caller, const auto& request) {
        return RenewBlocks(desk, caller, request);
      });
  table.Add<WhyRequest, WhyResponse>(
      "sekisho.v1.Blocks.Why",
      [&desk](const Caller&, const auto& request) { return Why(desk, request); });
}

}  // namespace agent::api
