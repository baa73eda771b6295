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
#include "policy/refang.h"
#include "proto/convert.h"
#include "sekisho/v1/emergency.pb.h"

namespace agent::api {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using sekisho::v1::BlockNowRequest;
using sekisho::v1::EmergencyResponse;
using sekisho::v1::ListEmergenciesRequest;
using sekisho::v1::ListEmergenciesResponse;
using sekisho::v1::ReviewRequest;
using sekisho::v1::UnblockNowRequest;

constexpr int indicators_max = 20;  // more is no emergency but a mistake
constexpr std::size_t blocks_shown_max = 1000;
constexpr std::size_t listed_by_default = 100;
constexpr std::size_t listed_max = 1000;

sekisho::v1::Emergency ToMessage(const Desk& desk, const store::Emergency& emergency) {
  sekisho::v1::Emergency message;
  message.set_id(emergency.id);
  message.set_act(std::string(store::Name(emergency.act)));
  message.set_kind(std::string(policy::Name(policy::KindOf(emergency.target))));
  message.set_indicator(policy::TextOf(emergency.target));
  message.set_defanged(policy::Defang(message.indicator()));
  message.set_within(emergency.within);
  message.set_actor(emergency.actor);
  message.set_reason(emergency.reason);
  *message.mutable_at() = proto::ToTimestamp(emergency.at);
  *message.mutable_ends_at() = proto::ToTimestamp(emergency.ends_at);
  message.set_state(std::string(store::Name(emergency.state)));
  message.set_reviewer(emergency.reviewer);
  message.set_review_reason(emergency.review_reason);
  if (emergency.closed_at) *message.mutable_closed_at() = proto::ToTimestamp(*emergency.closed_at);
  const bool is_cutting =
      emergency.act == store::EmergencyAct::block && emergency.state == store::EmergencyState::open;
  if (!is_cutting) return message;
  if (auto traffic = TrafficOf(*desk.engine.world(), emergency.target, desk.clock.Now())) {
    *message.mutable_traffic() = *std::move(traffic);
  }
  return message;
}

EmergencyResponse ResponseOf(const Desk& desk, const EmergencyReport& report) {
  EmergencyResponse response;
  for (const store::Emergency& each : report.emergencies) {
    *response.add_emergencies() = ToMessage(desk, each);
  }
  for (std::size_t i = 0; i < report.blocks.size() && i < blocks_shown_max; ++i) {
    *response.add_blocks() = api::ToMessage(report.blocks[i]);
  }
  response.set_blocks_total(report.blocks.size());
  response.set_release(report.release);
  return response;
}

Result<EmergencyResponse> Answer(const Desk& desk, const Result<EmergencyReport>& report) {
  if (!report) return tl::unexpected(report.error());
  return ResponseOf(desk, *report);
}

Result<EmergencyResponse> BlockNow(const Desk& desk, const Caller& caller,
                                   const BlockNowRequest& request) {
  if (request.indicators_size() == 0 || request.indicators_size() > indicators_max) {
    return Fail(ErrorCode::malformed_input,
                "an emergency block takes 1 to " + std::to_string(indicators_max) +
                    " indicators; propose more, and have them approved");
  }
  if (auto checked = CheckReason(request.reason()); !checked) {
    return tl::unexpected(checked.error());
  }
  std::vector<policy::Indicator> targets;
  for (const std::string& text : request.indicators()) {
    auto target = TypedIndicator(text);
    if (!target) return tl::unexpected(target.error());
    targets.push_back(std::move(*target));
  }
  if (std::set(targets.begin(), targets.end()).size() != targets.size()) {
    return Fail(ErrorCode::malformed_input, "an indicator is there twice");
  }
  if (caller.needs_step_up) {
    return Fail(ErrorCode::not_allowed,
                std::string(queue::step_up_required) +
                    ": an emergency block is one person's alone. Nothing was blocked; confirm with "
                    "your password, then do the same again");
  }
  return Answer(desk, desk.engine.BlockNow(targets, caller.name, request.reason()));
}

Result<EmergencyResponse> UnblockNow(const Desk& desk, const Caller& caller,
                                     const UnblockNowRequest& request) {
  const auto target = TypedIndicator(request.indicator());
  if (!target) return tl::unexpected(target.error());
  if (auto checked = CheckReason(request.reason()); !checked) {
    return tl::unexpected(checked.error());
  }
  return Answer(desk, desk.engine.UnblockNow(*target, request.within(), caller.name,
                                             request.reason(), request.dry_run()));
}

Result<ListEmergenciesResponse> ListEmergencies(const Desk& desk,
                                                const ListEmergenciesRequest& request) {
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  const std::size_t limit = PageLimit(request.limit(), listed_by_default, listed_max);
  auto rows = request.all() ? (*reader)->ListEmergencies(request.before(), limit + 1)
                            : (*reader)->OpenEmergencies();
  if (!rows) return tl::unexpected(rows.error());
  ListEmergenciesResponse response;
  if (request.all() && rows->size() > limit) {
    rows->pop_back();
    response.set_next_before(rows->back().id);
  }
  for (const store::Emergency& row : *rows) *response.add_emergencies() = ToMessage(desk, row);
  return response;
}

Result<EmergencyResponse> Review(const Desk& desk, const Caller& caller,
                                 const ReviewRequest& request) {
  if (request.verdict() != ReviewRequest::VERDICT_CONFIRM &&
      request.verdict() != ReviewRequest::VERDICT_OVERTURN) {
    return Fail(ErrorCode::malformed_input, "a verdict is required: confirm or overturn");
  }
  if (auto checked = CheckReason(request.reason()); !checked) {
    return tl::unexpected(checked.error());
  }
  EmergencyReview review{request.id(), request.verdict() == ReviewRequest::VERDICT_CONFIRM,
                         caller.name, request.reason(), std::nullopt};
  if (request.has_lifetime()) {
    const auto lifetime = LifetimeOf(request.lifetime());
    if (!lifetime) return tl::unexpected(lifetime.error());
    review.lifetime = *lifetime;
  }
  return Answer(desk, desk.engine.Review(review));
}

}  // namespace

void AddEmergencies(MethodTable& table, const Desk& desk) {
  table.Add<BlockNowRequest, EmergencyResponse>("sekisho.v1.Emergencies.BlockNow",
                                                [&desk](const Caller& caller, const auto& request) {
                                                  return BlockNow(desk, caller, request);
                                                });
  table.Add<UnblockNowRequest, EmergencyResponse>(
      "sekisho.v1.Emergencies.UnblockNow", [&desk](const Caller& caller, const auto& request) {
        return UnblockNow(desk, caller, request);
      });
  table.Add<ListEmergenciesRequest, ListEmergenciesResponse>(
      "sekisho.v1.Emergencies.ListEmergencies",
      [&desk](const Caller&, const auto& request) { return ListEmergencies(desk, request); });
  table.Add<ReviewRequest, EmergencyResponse>(
      "sekisho.v1.Emergencies.Review",
      [&desk](const Caller& caller, const auto& request) { return Review(desk, caller, request); });
}

}  // namespace agent::api
