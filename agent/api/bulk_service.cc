#include "agent/api/bulk_message.h"
#include "agent/api/page_token.h"
#include "agent/api/request_checks.h"
#include "agent/api/services.h"
#include "sekisho/v1/bulk.pb.h"

namespace agent::api {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using sekisho::v1::BulkDecision;
using sekisho::v1::CancelBulkRequest;
using sekisho::v1::ListBulkRequest;
using sekisho::v1::ListBulkResponse;

constexpr std::size_t listed_by_default = 100;
constexpr std::size_t listed_max = 1000;

Result<std::vector<store::BulkDecision>> Named(store::Reader& reader, std::int64_t id) {
  auto bulk = reader.FindBulk(id);
  if (!bulk) return tl::unexpected(bulk.error());
  if (!*bulk) return Fail(ErrorCode::not_found, "there is no bulk decision " + std::to_string(id));
  return std::vector{**std::move(bulk)};
}

Result<ListBulkResponse> ListBulk(const Desk& desk, const ListBulkRequest& request) {
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  const std::size_t limit = PageLimit(request.limit(), listed_by_default, listed_max);
  auto rows = request.id() != 0 ? Named(**reader, request.id())
              : request.all()   ? (*reader)->ListBulk(request.before(), limit + 1)
                                : (*reader)->RunningBulk();
  if (!rows) return tl::unexpected(rows.error());
  ListBulkResponse response;
  if (request.all() && rows->size() > limit) {
    rows->pop_back();
    response.set_next_before(rows->back().id);
  }
  for (const store::BulkDecision& row : *rows) {
    auto message = ToMessage(**reader, row);
    if (!message) return tl::unexpected(message.error());
    *response.add_decisions() = std::move(*message);
  }
  return response;
}

Result<BulkDecision> CancelBulk(const Desk& desk, const Caller& caller,
                                const CancelBulkRequest& request) {
  if (auto checked = CheckReason(request.reason()); !checked) {
    return tl::unexpected(checked.error());
  }
  const auto bulk = desk.engine.CancelBulk(request.id(), caller.name, request.reason());
  if (!bulk) return tl::unexpected(bulk.error());
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  return ToMessage(**reader, *bulk);
}

}  // namespace

void AddBulk(MethodTable& table, const Desk& desk) {
  table.Add<ListBulkRequest, ListBulkResponse>(
      "sekisho.v1.Bulk.ListBulk",
      [&desk](const Caller&, const auto& request) { return ListBulk(desk, request); });
  table.Add<CancelBulkRequest, BulkDecision>("sekisho.v1.Bulk.CancelBulk",
                                             [&desk](const Caller& caller, const auto& request) {
                                               return CancelBulk(desk, caller, request);
                                             });
}

}  // namespace agent::api
