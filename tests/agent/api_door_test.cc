// The gRPC door over real TLS, with handlers that say who called.
#include "agent/api/grpc_door.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>
#include <vector>

#include "sekisho/v1/api.grpc.pb.h"
#include "tests/agent/api_server.h"

namespace agent::api {
namespace {

using grpc::StatusCode;
using sekisho::v1::DecideRequest;
using sekisho::v1::DecideResponse;
using sekisho::v1::GetProposalRequest;
using sekisho::v1::GetProposalResponse;
using testing::ApiServer;
using testing::CallRaw;

constexpr policy::TimePoint now{std::chrono::seconds(1'790'000'000)};
constexpr const char* get_proposal = "/sekisho.v1.Queue/GetProposal";
constexpr const char* decide = "/sekisho.v1.Queue/Decide";

class GrpcDoorTest : public ::testing::Test {
 protected:
  GrpcDoorTest() {
    methods_.Add<GetProposalRequest, GetProposalResponse>(
        "sekisho.v1.Queue.GetProposal",
        [this](const Caller& caller,
               const GetProposalRequest& request) -> Result<GetProposalResponse> {
          ++calls_;
          if (request.id() < 0) {
            return policy::Fail(policy::ErrorCode::not_found, "there is no such proposal");
          }
          if (request.id() == wait_id) {
            entered_.set_value();
            gate_.get_future().wait();
          }
          GetProposalResponse response;
          response.mutable_proposal()->set_proposed_by(caller.name);
          return response;
        });
    methods_.Add<DecideRequest, DecideResponse>(
        "sekisho.v1.Queue.Decide",
        [this](const Caller&, const DecideRequest&) -> Result<DecideResponse> {
          ++calls_;
          return DecideResponse();
        });
  }

  static std::string Request(std::int64_t id = 1) {
    GetProposalRequest request;
    request.set_id(id);
    return request.SerializeAsString();
  }
  static std::string CallerIn(const testing::RawAnswer& answer) {
    GetProposalResponse response;
    EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
    EXPECT_TRUE(response.ParseFromString(answer.bytes));
    return response.proposal().proposed_by();
  }

  static constexpr std::int64_t wait_id = 77;
  platform::ManualClock clock_{now};
  MethodTable methods_;
  std::atomic<int> calls_{0};
  std::promise<void> entered_;
  std::promise<void> gate_;
};

TEST_F(GrpcDoorTest, KnowsCallersByTokenAndByCertificate) {
  ApiServer server(methods_, clock_);
  EXPECT_EQ(CallerIn(CallRaw(server.Connect(), get_proposal, "viewer-token", Request())),
            "viewer-name");
  EXPECT_EQ(CallerIn(CallRaw(server.Connect("auditor.people.test"), get_proposal, "", Request())),
            "auditor-name");
}

TEST_F(GrpcDoorTest, N6_ARevokedCertificateIsDeniedTheNextCallOnAnOpenConnection) {
  ApiServer server(methods_, clock_);
  const auto channel = server.Connect("auditor.people.test");
  EXPECT_EQ(CallerIn(CallRaw(channel, get_proposal, "", Request())), "auditor-name");
  server.Revoke(true);
  const auto denied = CallRaw(channel, get_proposal, "", Request());
  EXPECT_EQ(denied.status.error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_NE(denied.status.error_message().find("revoked"), std::string::npos);
  server.Revoke(false);
  EXPECT_EQ(CallerIn(CallRaw(channel, get_proposal, "", Request())), "auditor-name");
}

TEST_F(GrpcDoorTest, TellsNobodyAnythingWithoutAGoodCredential) {
  ApiServer server(methods_, clock_);
  const auto channel = server.Connect();
  for (const char* token : {"", "wrong-token", "old-token"}) {
    const auto answer = CallRaw(channel, get_proposal, token, Request());
    EXPECT_EQ(answer.status.error_code(), StatusCode::UNAUTHENTICATED) << token;
  }
  const auto stranger =
      CallRaw(server.Connect("stranger.people.test"), get_proposal, "", Request());
  EXPECT_EQ(stranger.status.error_code(), StatusCode::UNAUTHENTICATED);
  // The certificate's common name is "somebody" for all, and must never count.
  EXPECT_EQ(calls_, 0);
}

TEST_F(GrpcDoorTest, Z7_DeniesByRoleBeforeTheHandler) {
  ApiServer server(methods_, clock_);
  const auto channel = server.Connect();
  for (const char* token : {"viewer-token", "auditor-token", "admin-token", "exporter-token"}) {
    const auto answer = CallRaw(channel, decide, token, "");
    EXPECT_EQ(answer.status.error_code(), StatusCode::PERMISSION_DENIED) << token;
  }
  EXPECT_EQ(CallRaw(channel, get_proposal, "exporter-token", Request()).status.error_code(),
            StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(calls_, 0);
  EXPECT_TRUE(CallRaw(channel, decide, "approver-token", "").status.ok());
  EXPECT_EQ(calls_, 1);
}

TEST_F(GrpcDoorTest, KnowsOnlyTheTablesMethods) {
  ApiServer server(methods_, clock_);
  for (const char* method : {"/sekisho.v1.Queue/Publish", "/sekisho.v1.Queue/decide",
                             "/Queue/Decide", "/sekisho.v1.Enforcement/Enforce"}) {
    EXPECT_EQ(CallRaw(server.Connect(), method, "approver-token", "").status.error_code(),
              StatusCode::UNIMPLEMENTED)
        << method;
  }
}

TEST_F(GrpcDoorTest, HandsTheHandlersErrorOn) {
  ApiServer server(methods_, clock_);
  const auto answer = CallRaw(server.Connect(), get_proposal, "viewer-token", Request(-1));
  EXPECT_EQ(answer.status.error_code(), StatusCode::NOT_FOUND);
  EXPECT_EQ(answer.status.error_message(), "there is no such proposal");
}

TEST_F(GrpcDoorTest, RefusesBytesThatAreNoRequest) {
  ApiServer server(methods_, clock_);
  for (const std::string& bytes :
       {std::string("\xff\xff\xff"), std::string("\x08"), std::string(1000, '\x0b')}) {
    const auto answer = CallRaw(server.Connect(), get_proposal, "viewer-token", bytes);
    EXPECT_EQ(answer.status.error_code(), StatusCode::INVALID_ARGUMENT);
  }
  DecideRequest not_utf8;
  not_utf8.set_reason("\xff\xfe");
  const auto answer =
      CallRaw(server.Connect(), decide, "approver-token", not_utf8.SerializePartialAsString());
  EXPECT_EQ(answer.status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(calls_, 0);
}

TEST_F(GrpcDoorTest, RefusesAnOversizedRequest) {
  ApiServer server(methods_, clock_);
  DecideRequest request;
  request.set_reason(std::string(request_size_default, 'x'));
  const auto answer =
      CallRaw(server.Connect(), decide, "approver-token", request.SerializeAsString());
  EXPECT_EQ(answer.status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(calls_, 0);
}

TEST_F(GrpcDoorTest, TurnsCallsAwayWhenTooManyWait) {
  ApiServer server(methods_, clock_, nullptr, 1, 1);
  const auto channel = server.Connect();
  const auto call = [&](std::int64_t id) {
    return CallRaw(channel, get_proposal, "viewer-token", Request(id)).status;
  };
  auto running = std::async(std::launch::async, [&] { return call(wait_id); });
  entered_.get_future().wait();
  // One runs, one of these five waits, and the others find the queue full.
  std::vector<std::future<grpc::Status>> more;
  for (int i = 0; i < 5; ++i) {
    more.push_back(std::async(std::launch::async, [&] { return call(1); }));
  }
  std::size_t refused = 0;
  while (refused < 4) {
    refused = 0;
    for (auto& each : more) {
      if (each.wait_for(std::chrono::milliseconds(5)) == std::future_status::ready) ++refused;
    }
  }
  gate_.set_value();
  EXPECT_TRUE(running.get().ok());
  int exhausted = 0;
  for (auto& each : more) {
    const auto status = each.get();
    if (status.error_code() == StatusCode::RESOURCE_EXHAUSTED) ++exhausted;
  }
  EXPECT_EQ(exhausted, 4);
}

TEST_F(GrpcDoorTest, WorksWithTheGeneratedClient) {
  ApiServer server(methods_, clock_);
  const auto stub = sekisho::v1::Queue::NewStub(server.Connect());
  grpc::ClientContext context;
  testing::Authorise(context, "viewer-token");
  GetProposalRequest request;
  GetProposalResponse response;
  ASSERT_TRUE(stub->GetProposal(&context, request, &response).ok());
  EXPECT_EQ(response.proposal().proposed_by(), "viewer-name");
}

}  // namespace
}  // namespace agent::api
