#pragma once

#include <vector>

#include "sekisho/v1/standing.grpc.pb.h"

namespace cli::testing {

namespace v1 = sekisho::v1;

// One rule that would approve one proposal, until it is ended.
class FakeStanding final : public v1::StandingApprovals::Service {
 public:
  FakeStanding();
  v1::StandingApproval rule;
  std::vector<v1::ProposeStandingApprovalRequest> proposed;
  std::vector<v1::ApproveStandingApprovalRequest> approved;

 private:
  using Context = grpc::ServerContext*;
  grpc::Status ListStandingApprovals(Context, const v1::ListStandingApprovalsRequest* request,
                                     v1::ListStandingApprovalsResponse* response) override;
  grpc::Status GetStandingApproval(Context, const v1::GetStandingApprovalRequest* request,
                                   v1::StandingApprovalResponse* response) override;
  grpc::Status ProposeStandingApproval(Context, const v1::ProposeStandingApprovalRequest* request,
                                       v1::StandingApprovalResponse* response) override;
  grpc::Status ApproveStandingApproval(Context, const v1::ApproveStandingApprovalRequest* request,
                                       v1::StandingApprovalResponse* response) override;
  grpc::Status EndStandingApproval(Context, const v1::EndStandingApprovalRequest* request,
                                   v1::StandingApprovalResponse* response) override;
  grpc::Status Show(v1::StandingApprovalResponse* response) const;
};

}  // namespace cli::testing
