#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/api/messages.h"
#include "agent/api/page_token.h"
#include "agent/api/request_checks.h"
#include "agent/api/scope.h"
#include "agent/api/services.h"
#include "agent/queue/standing.h"
#include "agent/veto.h"
#include "proto/convert.h"
#include "sekisho/v1/standing.pb.h"

namespace agent::api {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using sekisho::v1::ApproveStandingApprovalRequest;
using sekisho::v1::EndStandingApprovalRequest;
using sekisho::v1::GetStandingApprovalRequest;
using sekisho::v1::ListStandingApprovalsRequest;
using sekisho::v1::ListStandingApprovalsResponse;
using sekisho::v1::ProposeStandingApprovalRequest;
using sekisho::v1::StandingApprovalResponse;
using sekisho::v1::StandingPreview;
using store::StandingApproval;

constexpr std::size_t listed_by_default = 100;
constexpr std::size_t listed_max = 1000;
constexpr std::size_t preview_page = 500;
constexpr std::size_t previewed_max = 5000;
constexpr int sample_max = 20;

sekisho::v1::StandingApproval ToMessage(const StandingApproval& rule, policy::TimePoint now) {
  sekisho::v1::StandingApproval message;
  message.set_id(rule.id);
  message.set_filter(rule.filter);
  *message.mutable_lifetime() = proto::ToDuration(rule.lifetime);
  message.set_uses_per_day(rule.uses_per_day);
  *message.mutable_expires_at() = proto::ToTimestamp(rule.expires_at);
  message.set_policy_version(rule.policy_version);
  message.set_reason(rule.reason);
  message.set_digest(proto::ToBytes(rule.digest));
  message.set_proposed_by(rule.proposed_by);
  *message.mutable_proposed_at() = proto::ToTimestamp(rule.proposed_at);
  message.set_state(std::string(store::Name(rule.state)));
  for (const store::StandingVote& each : rule.votes) {
    *message.add_votes() = api::ToMessage(store::Vote{
        0, each.voter, store::Verdict::approve, each.digest, rule.lifetime, each.reason, each.at});
  }
  message.set_ended_by(rule.ended_by);
  message.set_ended_because(rule.ended_because);
  if (rule.ended_at) *message.mutable_ended_at() = proto::ToTimestamp(*rule.ended_at);
  message.set_uses(rule.uses);
  message.set_uses_today(queue::UsesToday(rule, now));
  if (rule.last_used_at) *message.mutable_last_used_at() = proto::ToTimestamp(*rule.last_used_at);
  return message;
}

// Judges each as the engine would, but past it, and decides nothing.
Result<StandingPreview> PreviewOf(const Desk& desk, store::Reader& reader,
                                  const StandingApproval& rule) {
  const auto now = desk.clock.Now();
  const auto query = queue::StandingQuery(rule.filter, now);
  if (!query) return tl::unexpected(query.error());
  auto open = reader.OpenEmergencies();
  if (!open) return tl::unexpected(open.error());
  const Holds holds(std::move(*open));
  const auto world = desk.engine.world();
  const auto matched = reader.CountProposals(*query);
  if (!matched) return tl::unexpected(matched.error());
  StandingPreview preview;
  preview.set_matched(*matched);
  std::optional<store::Reader::Cursor> after;
  for (std::size_t seen = 0; seen < previewed_max; seen += preview_page) {
    const auto page = reader.ListProposals(*query, after, preview_page);
    if (!page) return tl::unexpected(page.error());
    for (const store::Proposal& proposal : *page) {
      if (preview.would_approve() == rule.uses_per_day) return preview;
      const bool is_of_them = proposal.policy_version == rule.policy_version;
      if (!is_of_them || LeftToPeople(*world, holds, proposal, now)) continue;
      preview.set_would_approve(preview.would_approve() + 1);
      if (preview.sample_size() == sample_max) continue;
      *preview.add_sample() = api::ToMessage(proposal, {});
      AddScope(desk.lists, *preview.mutable_sample()->rbegin());
    }
    if (page->size() < preview_page) break;
    after = {page->back().confidence, page->back().id};
  }
  return preview;
}

Result<StandingApprovalResponse> ResponseOf(const Desk& desk,
                                            const Result<StandingApproval>& rule) {
  if (!rule) return tl::unexpected(rule.error());
  StandingApprovalResponse response;
  *response.mutable_standing_approval() = ToMessage(*rule, desk.clock.Now());
  if (rule->state == store::StandingState::ended) return response;
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  auto preview = PreviewOf(desk, **reader, *rule);
  if (!preview) return tl::unexpected(preview.error());
  *response.mutable_preview() = std::move(*preview);
  return response;
}

Result<ListStandingApprovalsResponse> List(const Desk& desk,
                                           const ListStandingApprovalsRequest& request) {
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  const std::size_t limit = PageLimit(request.limit(), listed_by_default, listed_max);
  auto rows = request.all() ? (*reader)->ListStandingApprovals(request.before(), limit + 1)
                            : (*reader)->OpenStandingApprovals();
  if (!rows) return tl::unexpected(rows.error());
  ListStandingApprovalsResponse response;
  if (request.all() && rows->size() > limit) {
    rows->pop_back();
    response.set_next_before(rows->back().id);
  }
  for (const StandingApproval& row : *rows) {
    *response.add_standing_approvals() = ToMessage(row, desk.clock.Now());
  }
  return response;
}

Result<StandingApprovalResponse> Get(const Desk& desk, const GetStandingApprovalRequest& request) {
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  const auto found = (*reader)->FindStandingApproval(request.id());
  if (!found) return tl::unexpected(found.error());
  if (*found) return ResponseOf(desk, **found);
  return Fail(ErrorCode::not_found,
              "there is no standing approval " + std::to_string(request.id()));
}

Result<std::optional<std::chrono::seconds>> Optional(bool is_set,
                                                     const google::protobuf::Duration& duration) {
  if (!is_set) return std::optional<std::chrono::seconds>();
  auto seconds = LifetimeOf(duration);
  if (!seconds) return tl::unexpected(seconds.error());
  return std::optional(*seconds);
}

Result<StandingApprovalResponse> Propose(const Desk& desk, const Caller& caller,
                                         const ProposeStandingApprovalRequest& request) {
  if (auto checked = CheckReason(request.reason()); !checked) {
    return tl::unexpected(checked.error());
  }
  const auto lifetime = Optional(request.has_lifetime(), request.lifetime());
  if (!lifetime) return tl::unexpected(lifetime.error());
  const auto valid_for = Optional(request.has_valid_for(), request.valid_for());
  if (!valid_for) return tl::unexpected(valid_for.error());
  return ResponseOf(
      desk, desk.engine.ProposeStanding({request.filter(), *lifetime, request.uses_per_day(),
                                         *valid_for, caller.name, request.reason()},
                                        request.dry_run()));
}

Result<StandingApprovalResponse> Approve(const Desk& desk, const Caller& caller,
                                         const ApproveStandingApprovalRequest& request) {
  if (auto checked = CheckReason(request.reason()); !checked) {
    return tl::unexpected(checked.error());
  }
  const auto seen = proto::FromBytes(request.digest());
  if (!seen) return tl::unexpected(seen.error());
  return ResponseOf(desk, desk.engine.ApproveStanding({request.id(), *seen, caller.name,
                                                       request.reason(), caller.needs_step_up}));
}

Result<StandingApprovalResponse> End(const Desk& desk, const Caller& caller,
                                     const EndStandingApprovalRequest& request) {
  if (auto checked = CheckReason(request.reason()); !checked) {
    return tl::unexpected(checked.error());
  }
  return ResponseOf(desk, desk.engine.EndStanding(request.id(), caller.name, request.reason()));
}

}  // namespace

void AddStandingApprovals(MethodTable& table, const Desk& desk) {
  table.Add<ListStandingApprovalsRequest, ListStandingApprovalsResponse>(
      "sekisho.v1.StandingApprovals.ListStandingApprovals",
      [&desk](const Caller&, const auto& request) { return List(desk, request); });
  table.Add<GetStandingApprovalRequest, StandingApprovalResponse>(
      "sekisho.v1.StandingApprovals.GetStandingApproval",
      [&desk](const Caller&, const auto& request) { return Get(desk, request); });
  table.Add<ProposeStandingApprovalRequest, StandingApprovalResponse>(
      "sekisho.v1.StandingApprovals.ProposeStandingApproval",
      [&desk](const Caller& caller, const auto& request) {
        return Propose(desk, caller, request);
      });
  table.Add<ApproveStandingApprovalRequest, StandingApprovalResponse>(
      "sekisho.v1.StandingApprovals.ApproveStandingApproval",
      [&desk](const Caller& caller, const auto& request) {
        return Approve(desk, caller, request);
      });
  table.Add<EndStandingApprovalRequest, StandingApprovalResponse>(
      "sekisho.v1.StandingApprovals.EndStandingApproval",
      [&desk](const Caller& caller, const auto& request) { return End(desk, caller, request); });
}

}  // namespace agent::api
