#pragma once

#include <grpcpp/server.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "platform/certificate.h"
#include "sekisho/v1/api.grpc.pb.h"
#include "sekisho/v1/bulk.grpc.pb.h"
#include "sekisho/v1/emergency.grpc.pb.h"
#include "sekisho/v1/notification.grpc.pb.h"
#include "sekisho/v1/unblock.grpc.pb.h"
#include "tests/cli/fake_allowlists.h"
#include "tests/cli/fake_history.h"
#include "tests/cli/fake_standing.h"
#include "tests/platform/temporary_folder.h"

namespace cli::testing {

namespace v1 = sekisho::v1;

inline constexpr const char* token = "alice-token";

// Feeds that can be refreshed; those whose name starts with "bad" are then refused. What is pushed
// is taken but for indicators with a blank; a call fails as often as `failures` says.
class FakeFeeds final : public v1::Feeds::Service {
 public:
  void Add(const std::string& name);
  std::vector<v1::Feed> feeds;
  v1::RefreshFeedsRequest last_refresh;
  std::vector<std::string> missing_allowlists;
  std::vector<v1::ObserveRequest> pushes;
  int failures = 0;

 private:
  grpc::Status Observe(grpc::ServerContext* context, const v1::ObserveRequest* request,
                       v1::ObserveResponse* response) override;
  grpc::Status ListFeeds(grpc::ServerContext* context, const v1::ListFeedsRequest* request,
                         v1::ListFeedsResponse* response) override;
  grpc::Status RefreshFeeds(grpc::ServerContext* context, const v1::RefreshFeedsRequest* request,
                            v1::RefreshFeedsResponse* response) override;
};

// A queue. A filter matches what is pending and holds its text. The caller is alice, who may not
// approve what she proposed.
class FakeQueue final : public v1::Queue::Service {
 public:
  v1::Proposal& Add(const std::string& kind, const std::string& indicator);
  const v1::Proposal& Of(std::int64_t id) const { return proposals.at(id); }

  std::map<std::int64_t, v1::Proposal> proposals;
  std::vector<v1::DecideRequest> decisions;  // all that were asked for
  std::function<void()> after_dry_run = [] {};
  std::size_t at_once_max = 100;  // more are a bulk decision, which FakeBulk tells of

 private:
  grpc::Status ListProposals(grpc::ServerContext* context, const v1::ListProposalsRequest* request,
                             v1::ListProposalsResponse* response) override;
  grpc::Status GetProposal(grpc::ServerContext* context, const v1::GetProposalRequest* request,
                           v1::GetProposalResponse* response) override;
  grpc::Status Decide(grpc::ServerContext* context, const v1::DecideRequest* request,
                      v1::DecideResponse* response) override;
  // Bob looks at proposal 2.
  grpc::Status Watch(grpc::ServerContext* context, const v1::WatchRequest* request,
                     v1::WatchResponse* response) override;
  // Bob has claimed 2.
  grpc::Status Claim(grpc::ServerContext* context, const v1::ClaimRequest* request,
                     v1::ClaimResponse* response) override;
  grpc::Status Select(const v1::DecideRequest& request, std::vector<v1::Proposal*>& selected);
};

class FakeBlocks final : public v1::Blocks::Service {
 public:
  explicit FakeBlocks(FakeQueue& queue) : queue_(queue) {}
  v1::Block& Add(const std::string& kind, const std::string& indicator);

  std::vector<v1::Block> blocks;
  v1::WhyRequest last_why;
  v1::WhyResponse why;

 private:
  grpc::Status ListBlocks(grpc::ServerContext* context, const v1::ListBlocksRequest* request,
                          v1::ListBlocksResponse* response) override;
  grpc::Status AddBlock(grpc::ServerContext* context, const v1::AddBlockRequest* request,
                        v1::AddBlockResponse* response) override;
  grpc::Status RevokeBlocks(grpc::ServerContext* context, const v1::RevokeBlocksRequest* request,
                            v1::RevokeBlocksResponse* response) override;
  // Block 2 has to be approved by another person.
  grpc::Status RenewBlocks(grpc::ServerContext* context, const v1::RenewBlocksRequest* request,
                           v1::RenewBlocksResponse* response) override;
  grpc::Status Why(grpc::ServerContext* context, const v1::WhyRequest* request,
                   v1::WhyResponse* response) override;
  FakeQueue& queue_;
};

class FakeReleases final : public v1::Releases::Service {
 public:
  FakeReleases();
  std::vector<v1::Release> releases;                      // 1, 2, ...
  std::vector<std::string> lines{"domain evil.example"};  // of the list "dns"
  std::vector<v1::Brake> brakes;

 private:
  grpc::Status ListReleases(grpc::ServerContext* context, const v1::ListReleasesRequest* request,
                            v1::ListReleasesResponse* response) override;
  grpc::Status GetRelease(grpc::ServerContext* context, const v1::GetReleaseRequest* request,
                          v1::GetReleaseResponse* response) override;
  grpc::Status DiffReleases(grpc::ServerContext* context, const v1::DiffReleasesRequest* request,
                            v1::DiffReleasesResponse* response) override;
  grpc::Status ListBrakes(grpc::ServerContext* context, const v1::ListBrakesRequest* request,
                          v1::ListBrakesResponse* response) override;
  grpc::Status ReleaseBrake(grpc::ServerContext* context, const v1::ReleaseBrakeRequest* request,
                            v1::ReleaseBrakeResponse* response) override;
};

// One bulk decision, which is running for as many looks as `looks` says.
class FakeBulk final : public v1::Bulk::Service {
 public:
  v1::BulkDecision decision;
  int looks = 2;

 private:
  grpc::Status ListBulk(grpc::ServerContext* context, const v1::ListBulkRequest* request,
                        v1::ListBulkResponse* response) override;
  grpc::Status CancelBulk(grpc::ServerContext* context, const v1::CancelBulkRequest* request,
                          v1::BulkDecision* response) override;
};

class FakeEmergencies final : public v1::Emergencies::Service {
 public:
  std::vector<v1::Emergency> emergencies;  // 1, 2, ...
  std::vector<v1::UnblockNowRequest> unblocks;
  std::vector<v1::ReviewRequest> reviews;

 private:
  grpc::Status BlockNow(grpc::ServerContext* context, const v1::BlockNowRequest* request,
                        v1::EmergencyResponse* response) override;
  grpc::Status UnblockNow(grpc::ServerContext* context, const v1::UnblockNowRequest* request,
                          v1::EmergencyResponse* response) override;
  grpc::Status ListEmergencies(grpc::ServerContext* context,
                               const v1::ListEmergenciesRequest* request,
                               v1::ListEmergenciesResponse* response) override;
  grpc::Status Review(grpc::ServerContext* context, const v1::ReviewRequest* request,
                      v1::EmergencyResponse* response) override;
  v1::Emergency& Add(const std::string& act, const std::string& indicator,
                     const std::string& reason);
};

class FakeUnblockRequests final : public v1::UnblockRequests::Service {
 public:
  v1::UnblockRequest& Add(const std::string& indicator, const std::string& note);
  std::vector<v1::UnblockRequest> requests;  // 1, 2, ...
  std::vector<v1::GrantRequest> grants;

 private:
  grpc::Status ListUnblockRequests(grpc::ServerContext* context,
                                   const v1::ListUnblockRequestsRequest* request,
                                   v1::ListUnblockRequestsResponse* response) override;
  grpc::Status GetUnblockRequest(grpc::ServerContext* context,
                                 const v1::GetUnblockRequestRequest* request,
                                 v1::GetUnblockRequestResponse* response) override;
  grpc::Status Decline(grpc::ServerContext* context, const v1::DeclineRequest* request,
                       v1::AnswerResponse* response) override;
  grpc::Status Grant(grpc::ServerContext* context, const v1::GrantRequest* request,
                     v1::AnswerResponse* response) override;
  grpc::Status Answer(std::int64_t id, const std::string& state, const std::string& answer,
                      v1::AnswerResponse& response);
};

class FakeNotifications final : public v1::Notifications::Service {
 public:
  v1::ListNotificationsResponse list;
  std::vector<std::string> tests;  // channels

 private:
  grpc::Status ListNotifications(grpc::ServerContext* context,
                                 const v1::ListNotificationsRequest* request,
                                 v1::ListNotificationsResponse* response) override;
  grpc::Status SendTest(grpc::ServerContext* context, const v1::SendTestRequest* request,
                        v1::SendTestResponse* response) override;
};

// Also where a test makes a call fail: `status` is the answer of ListDevices. Only for callers
// with alice's token.
class FakeDevices final : public v1::Devices::Service {
 public:
  void Add(const std::string& name, const std::string& state);
  std::vector<v1::Device> devices;
  std::vector<v1::Certificate> certificates;
  grpc::Status status;

 private:
  grpc::Status ListDevices(grpc::ServerContext* context, const v1::ListDevicesRequest* request,
                           v1::ListDevicesResponse* response) override;
};

// An agent on a real TLS port of 127.0.0.1, without the rules.
class FakeAgent {
 public:
  FakeAgent();
  ~FakeAgent();
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  const std::string& ca_pem() const { return ca_.certificate_pem; }

  FakeFeeds feeds;
  FakeQueue queue;
  FakeBlocks blocks{queue};
  FakeBulk bulk;
  FakeReleases releases;
  FakeEmergencies emergencies;
  FakeUnblockRequests unblock_requests;
  FakeNotifications notifications;
  FakeStanding standing;
  FakeDevices devices;
  FakeAllowlists allowlists;
  FakeHistory history;

 private:
  platform::CertificateAndKey ca_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

}  // namespace cli::testing
