#include "agent/api/revert.h"

#include <string>
#include <vector>

#include "agent/api/messages.h"
#include "agent/api/request_checks.h"
#include "agent/assessment.h"

namespace agent::api {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using sekisho::v1::RevertReleasesRequest;
using sekisho::v1::RevertReleasesResponse;

// More is no mistake of a release or two: revoke by hand, or compare releases nearer to each other.
constexpr std::size_t blocks_max = 1000;

struct Plan {
  std::vector<store::Block> revoked;
  std::vector<store::Block> proposed;
};

bool IsStanding(const store::Block& block) {
  return !block.removed_release && block.removed_because.empty();
}

// Whether it is blocked, or before people already.
Result<bool> IsAboutAlready(store::Reader& reader, const policy::Indicator& target) {
  const auto blocks = reader.BlocksOf(target);
  if (!blocks) return tl::unexpected(blocks.error());
  for (const store::Block& block : *blocks) {
    if (IsStanding(block)) return true;
  }
  const auto proposal = reader.FindProposal(target);
  if (!proposal) return tl::unexpected(proposal.error());
  return *proposal && ((*proposal)->state == store::ProposalState::pending ||
                       (*proposal)->state == store::ProposalState::deferred);
}

Result<Plan> PlanOf(const Desk& desk, const RevertReleasesRequest& request) {
  auto reader = desk.store.Read();
  if (!reader) return tl::unexpected(reader.error());
  const auto change = (*reader)->BlocksBetween(request.from(), request.to());
  if (!change) return tl::unexpected(change.error());
  if (change->added.size() + change->removed.size() > blocks_max) {
    return Fail(ErrorCode::exhausted, "more than " + std::to_string(blocks_max) +
                                          " blocks differ; revert fewer releases at once");
  }
  Plan plan;
  for (const store::Block& block : change->added) {
    if (IsStanding(block)) plan.revoked.push_back(block);
  }
  for (const store::Block& block : change->removed) {
    const auto is_about = IsAboutAlready(**reader, block.target);
    if (!is_about) return tl::unexpected(is_about.error());
    if (!*is_about) plan.proposed.push_back(block);
  }
  return plan;
}

void AddRefusal(const policy::Indicator& target, const std::string& why,
                RevertReleasesResponse& response) {
  sekisho::v1::Refusal& refusal = *response.add_refused();
  refusal.set_indicator(policy::TextOf(target));
  refusal.set_reason(why);
}

// What is refused is so by the policy: an allowlist has it now, say.
void Propose(const Desk& desk, const Caller& caller, const RevertReleasesRequest& request,
             const Plan& plan, RevertReleasesResponse& response) {
  const auto world = desk.engine.world();
  for (const store::Block& block : plan.proposed) {
    if (request.dry_run()) {
      const auto decision = AssessOne(*world, block.target, true, desk.clock.Now());
      if (decision.outcome == policy::Outcome::dropped) {
        AddRefusal(block.target, decision.reasons.front().detail, response);
        continue;
      }
    } else if (auto proposed = desk.engine.ProposeByPerson(block.target, caller.name,
                                                           request.reason(), std::nullopt);
               !proposed) {
      AddRefusal(block.target, proposed.error().detail, response);
      continue;
    }
    *response.add_proposed() = ToMessage(block);
  }
}

}  // namespace

Result<RevertReleasesResponse> RevertReleases(const Desk& desk, const Caller& caller,
                                              const RevertReleasesRequest& request) {
  if (request.from() >= request.to()) {
    return Fail(ErrorCode::malformed_input, "the releases are the wrong way round");
  }
  if (!request.dry_run()) {
    if (auto checked = CheckReason(request.reason()); !checked) {
      return tl::unexpected(checked.error());
    }
  }
  const auto plan = PlanOf(desk, request);
  if (!plan) return tl::unexpected(plan.error());
  RevertReleasesResponse response;
  std::vector<std::int64_t> ids;
  for (const store::Block& block : plan->revoked) {
    *response.add_revoked() = ToMessage(block);
    ids.push_back(block.id);
  }
  if (!request.dry_run() && !ids.empty()) {
    const auto done = desk.engine.Revoke(ids, std::nullopt, caller.name, request.reason());
    if (!done) return tl::unexpected(done.error());
    response.set_release(done->release);
  }
  Propose(desk, caller, request, *plan, response);
  return response;
}

}  // namespace agent::api
