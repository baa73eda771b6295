#include "tests/cli/fake_standing.h"

namespace cli::testing {

using grpc::Status;
using grpc::StatusCode;

FakeStanding::FakeStanding() {
  rule.set_id(3);
  rule.set_filter("feed:urlhaus online:yes");
  rule.mutable_lifetime()->set_seconds(7 * 86'400);
  rule.set_uses_per_day(50);
  rule.set_reason("right as a rule");
  rule.set_proposed_by("alice");
  rule.set_state("proposed");
  rule.set_digest(std::string(32, '\x07'));
}

Status FakeStanding::Show(v1::StandingApprovalResponse* response) const {
  *response->mutable_standing_approval() = rule;
  if (rule.state() == "ended") return Status::OK;
  response->mutable_preview()->set_matched(9);
  response->mutable_preview()->set_would_approve(1);
  v1::Proposal& proposal = *response->mutable_preview()->add_sample();
  proposal.set_id(17);
  proposal.set_kind("domain");
  proposal.set_indicator("evil.example");
  return Status::OK;
}

Status FakeStanding::ListStandingApprovals(Context, const v1::ListStandingApprovalsRequest* request,
                                           v1::ListStandingApprovalsResponse* response) {
  if (request->all() || rule.state() != "ended") *response->add_standing_approvals() = rule;
  return Status::OK;
}

Status FakeStanding::GetStandingApproval(Context, const v1::GetStandingApprovalRequest* request,
                                         v1::StandingApprovalResponse* response) {
  if (request->id() != rule.id()) return {StatusCode::NOT_FOUND, "there is no such rule"};
  return Show(response);
}

Status FakeStanding::ProposeStandingApproval(Context,
                                             const v1::ProposeStandingApprovalRequest* request,
                                             v1::StandingApprovalResponse* response) {
  proposed.push_back(*request);
  return Show(response);
}

Status FakeStanding::ApproveStandingApproval(Context,
                                             const v1::ApproveStandingApprovalRequest* request,
                                             v1::StandingApprovalResponse* response) {
  if (request->digest() != rule.digest()) return {StatusCode::ABORTED, "another digest"};
  approved.push_back(*request);
  v1::Vote& vote = *rule.add_votes();
  vote.set_voter("bob");
  vote.set_reason(request->reason());
  return Show(response);
}

Status FakeStanding::EndStandingApproval(Context, const v1::EndStandingApprovalRequest* request,
                                         v1::StandingApprovalResponse* response) {
  rule.set_state("ended");
  rule.set_ended_by("bob");
  rule.set_ended_because(request->reason());
  return Show(response);
}

}  // namespace cli::testing
