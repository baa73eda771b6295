// Bulk decisions, as people and scripts see them.
#include <gtest/gtest.h>

#include <thread>

#include "sekisho/v1/bulk.pb.h"
#include "tests/agent/api_services_fixture.h"

namespace agent::api {
namespace {

using grpc::StatusCode;

namespace v1 = sekisho::v1;

class BulkTest : public testing::ServicesFixture {
 protected:
  static constexpr int kMany = 5001;

  v1::DecideRequest Decision() {
    v1::DecideRequest request;
    request.set_filter("kind:domain");
    request.set_verdict(v1::DecideRequest::VERDICT_REJECT);
    request.set_reason("not ours");
    return request;
  }
  testing::Answer<v1::ListBulkResponse> List(std::int64_t id, bool all = false) {
    v1::ListBulkRequest request;
    request.set_id(id);
    request.set_all(all);
    return Call<v1::ListBulkResponse>("Bulk/ListBulk", request, "viewer-token");
  }
  testing::Answer<v1::BulkDecision> Cancel(std::int64_t id) {
    v1::CancelBulkRequest request;
    request.set_id(id);
    request.set_reason("too wide");
    return Call<v1::BulkDecision>("Bulk/CancelBulk", request);
  }
  v1::BulkDecision Await(std::int64_t id) {
    while (List(id).body.decisions(0).state() == "running") {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return List(id).body.decisions(0);
  }
};

TEST_F(BulkTest, WhatIsManyIsAnsweredAtItsStartAndFollowedFromThere) {
  TakeFeed(Domains(kMany));
  const auto started = Call<v1::DecideResponse>("Queue/Decide", Decision()).body;
  EXPECT_EQ(started.matched(), static_cast<std::uint64_t>(kMany));
  EXPECT_EQ(started.decided(), 0U);
  ASSERT_NE(started.bulk(), 0);
  const auto done = Await(started.bulk());
  EXPECT_EQ(done.state(), "done");
  EXPECT_EQ(done.voter(), "approver-name");
  EXPECT_EQ(done.verdict(), "reject");
  EXPECT_EQ(done.filter(), "kind:domain");
  EXPECT_EQ(done.decided(), static_cast<std::uint64_t>(kMany));
  EXPECT_EQ(List(0).body.decisions_size(), 0) << "it is not running any more";
  EXPECT_EQ(List(0, true).body.decisions_size(), 1);
  EXPECT_EQ(Cancel(started.bulk()).status.error_code(), StatusCode::ABORTED);
}

TEST_F(BulkTest, AnUnknownOneIsNotFound) {
  EXPECT_EQ(List(7).status.error_code(), StatusCode::NOT_FOUND);
  EXPECT_EQ(Cancel(7).status.error_code(), StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace agent::api
