#include <gtest/gtest.h>

#include <future>

#include "agent/api/method_table.h"
#include "agent/api/page_token.h"
#include "agent/api/worker_pool.h"
#include "platform/encoding.h"
#include "sekisho/v1/api.pb.h"
#include "sekisho/v1/enforcement.pb.h"

namespace agent::api {
namespace {

using sekisho::v1::GetProposalRequest;
using sekisho::v1::GetProposalResponse;
using sekisho::v1::WhyRequest;
using sekisho::v1::WhyResponse;

const google::protobuf::FileDescriptor& ApiFile() {
  return *sekisho::v1::Proposal::descriptor()->file();
}

template <class Request, class Response>
Result<Response> Nothing(const Caller&, const Request&) {
  return Response();
}

std::string Mistakes(const MethodTable& table) {
  const auto checked = table.Check(ApiFile());
  return checked ? "" : checked.error().detail;
}

TEST(MethodTableTest, RunsTheHandlerWithItsTypes) {
  MethodTable table;
  table.Add<GetProposalRequest, GetProposalResponse>(
      "sekisho.v1.Queue.GetProposal",
      [](const Caller& caller, const GetProposalRequest& request) -> Result<GetProposalResponse> {
        GetProposalResponse response;
        response.mutable_proposal()->set_id(request.id() + 1);
        response.mutable_proposal()->set_proposed_by(caller.name);
        return response;
      });
  const Method* method = table.Find("/sekisho.v1.Queue/GetProposal");
  ASSERT_NE(method, nullptr);
  const MessagePtr request = method->new_request();
  dynamic_cast<GetProposalRequest&>(*request).set_id(41);
  Call call{{"alice", Role::viewer}, "test", ""};
  const auto response = method->run(call, *request);
  ASSERT_TRUE(response);
  const auto& proposal = dynamic_cast<GetProposalResponse&>(**response).proposal();
  EXPECT_EQ(proposal.id(), 42);
  EXPECT_EQ(proposal.proposed_by(), "alice");
}

TEST(MethodTableTest, IsIncompleteWhileAMethodHasNoHandler) {
  MethodTable table;
  table.Add<WhyRequest, WhyResponse>("sekisho.v1.Blocks.Why", Nothing<WhyRequest, WhyResponse>);
  const std::string mistakes = Mistakes(table);
  EXPECT_NE(mistakes.find("/sekisho.v1.Queue/Decide has no handler"), std::string::npos);
  EXPECT_EQ(mistakes.find("/sekisho.v1.Blocks/Why has no handler"), std::string::npos);
}

TEST(MethodTableTest, ReportsAHandlerOfAMethodThatIsNot) {
  MethodTable table;
  table.Add<WhyRequest, WhyResponse>("sekisho.v1.Blocks.WhyNot", Nothing<WhyRequest, WhyResponse>);
  EXPECT_NE(Mistakes(table).find("no .proto has a method sekisho.v1.Blocks.WhyNot"),
            std::string::npos);
  EXPECT_EQ(table.Find("/sekisho.v1.Blocks/WhyNot"), nullptr);
}

TEST(MethodTableTest, ReportsAHandlerWithOtherTypes) {
  MethodTable table;
  table.Add<WhyRequest, GetProposalResponse>("sekisho.v1.Blocks.Why",
                                             Nothing<WhyRequest, GetProposalResponse>);
  EXPECT_NE(Mistakes(table).find("sekisho.v1.Blocks.Why has other types"), std::string::npos);
}

TEST(MethodTableTest, ReportsASecondHandler) {
  MethodTable table;
  for (int i = 0; i < 2; ++i) {
    table.Add<WhyRequest, WhyResponse>("sekisho.v1.Blocks.Why", Nothing<WhyRequest, WhyResponse>);
  }
  EXPECT_NE(Mistakes(table).find("sekisho.v1.Blocks.Why has two handlers"), std::string::npos);
}

TEST(MethodTableTest, ReportsAStream) {
  using sekisho::v1::AgentMessage;
  using sekisho::v1::ExporterMessage;
  MethodTable table;
  table.Add<ExporterMessage, AgentMessage>("sekisho.v1.Enforcement.Enforce",
                                           Nothing<ExporterMessage, AgentMessage>);
  EXPECT_NE(Mistakes(table).find("sekisho.v1.Enforcement.Enforce is a stream"), std::string::npos);
}

TEST(PageTokenTest, GivesTheCursorBack) {
  const std::vector<std::int64_t> cursor{80, -1, 9'223'372'036'854'775'807};
  const std::string token = WritePageToken("query", cursor);
  EXPECT_EQ(ReadPageToken(token, "query", 3).value(), cursor);
}

TEST(PageTokenTest, RefusesWhatItDidNotWrite) {
  const std::string good = WritePageToken("query", {80, 7});
  const auto forged = [](const std::string& numbers) {
    const auto plain = platform::FromBase64Url(WritePageToken("query", {})).value();
    return platform::ToBase64Url(plain + numbers);
  };
  EXPECT_TRUE(ReadPageToken(forged(" 80 7"), "query", 2));
  for (const std::string& token :
       {std::string(), std::string("x"), std::string("!!!"), good + "A", good.substr(1),
        good.substr(0, good.size() - 1), WritePageToken("query", {80}),
        WritePageToken("query", {80, 7, 1}), WritePageToken("other query", {80, 7}),
        forged(" 80 7 "), forged(" 80  7"), forged(" 080 7"), forged(" +80 7"), forged(" 80 7x"),
        forged(" 80 99999999999999999999"), forged("80 7"), forged(" 80 "),
        forged(std::string(" 80 7\0", 6))}) {
    const auto cursor = ReadPageToken(token, "query", 2);
    ASSERT_FALSE(cursor) << token;
    EXPECT_EQ(cursor.error().code, policy::ErrorCode::malformed_input);
  }
}

TEST(PageTokenTest, LimitsPages) {
  EXPECT_EQ(PageLimit(0, 100, 1000), 100U);
  EXPECT_EQ(PageLimit(1, 100, 1000), 1U);
  EXPECT_EQ(PageLimit(4'000'000'000, 100, 1000), 1000U);
}

TEST(WorkerPoolTest, TurnsWorkAwayWhenFullAndTakesItAgainLater) {
  std::promise<void> release;
  const auto released = release.get_future().share();
  std::promise<void> started;
  int ran = 0;
  {
    WorkerPool pool(1, 2);
    ASSERT_TRUE(pool.TryPost("alice", [&] {
      started.set_value();
      released.wait();
    }));
    started.get_future().wait();
    EXPECT_TRUE(pool.TryPost("alice", [&] { ++ran; }));
    EXPECT_TRUE(pool.TryPost("alice", [&] { ++ran; }));
    EXPECT_FALSE(pool.TryPost("alice", [&] { ++ran; }));
    release.set_value();
  }
  EXPECT_EQ(ran, 2) << "what was taken is done before the end";
}

TEST(WorkerPoolTest, O5_AFloodOfOneCallerLeavesAThreadAndTheQueueToOthers) {
  std::promise<void> end_of_flood;
  const auto flooded = end_of_flood.get_future().share();
  std::promise<void> approved;
  WorkerPool pool(2, 8, 4);
  int taken = 0;
  for (int i = 0; i < 100; ++i) {
    taken += pool.TryPost("script", [flooded] { flooded.wait(); }) ? 1 : 0;
  }
  EXPECT_EQ(taken, 4);
  EXPECT_TRUE(pool.TryPost("alice", [&] { approved.set_value(); }));
  EXPECT_EQ(approved.get_future().wait_for(std::chrono::seconds(5)), std::future_status::ready)
      << "the approval waits behind the flood";
  end_of_flood.set_value();
}

}  // namespace
}  // namespace agent::api
