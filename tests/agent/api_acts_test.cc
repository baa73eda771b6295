// Who may act on the queue and on blocks, and how.
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/agent/api_services_fixture.h"

namespace agent::api {
namespace {

using grpc::StatusCode;

namespace v1 = sekisho::v1;

using ActsTest = testing::ServicesFixture;

// For any method; a stream that is let in would not end, and gets what is no request.
std::string AnyRequest(const Access& access) {
  return access.method == "/sekisho.v1.Changes/Follow" ? "\xff" : "";
}

TEST_F(ActsTest, Z7_EveryMethodIsOpenToExactlyTheRolesOfTheTable) {
  for (const Access& access : AccessTable()) {
    if (access.method.starts_with("/sekisho.v1.Enforcement/")) continue;  // a door of its own
    const std::string method(access.method);
    if (access.use != Access::For::everywhere) {
      EXPECT_EQ(testing::CallRaw(channel_, method, "admin-token", "").status.error_code(),
                StatusCode::UNIMPLEMENTED)
          << method << " is for browsers";
      continue;
    }
    for (const Role role : people::all_roles) {
      const auto answer = testing::CallRaw(channel_, method, std::string(Name(role)) + "-token",
                                           AnyRequest(access));
      EXPECT_EQ(answer.status.error_code() != StatusCode::PERMISSION_DENIED, access.roles.Has(role))
          << Name(role) << " calls " << method << ": " << answer.status.error_message();
    }
    for (const char* token : {"", "wrong-token", "old-token"}) {
      EXPECT_EQ(testing::CallRaw(channel_, method, token, "").status.error_code(),
                StatusCode::UNAUTHENTICATED)
          << method;
    }
  }
}

TEST_F(ActsTest, Z8_NothingIsPublishedByAnyCallButAnApproval) {
  TakeFeed({"domain evil.example", "ip 192.0.2.1/32"});
  v1::AddBlockRequest add;
  add.set_indicator("worse[.]example");
  add.set_reason("seen");
  EXPECT_TRUE(Call<v1::AddBlockResponse>("Blocks/AddBlock", add).status.ok());
  v1::RevokeBlocksRequest revoke;
  revoke.add_ids(1);
  revoke.set_reason("seen");
  Call<v1::RevokeBlocksResponse>("Blocks/RevokeBlocks", revoke);
  v1::ReleaseBrakeRequest brake;
  brake.set_id(1);
  brake.set_reason("seen");
  Call<v1::ReleaseBrakeResponse>("Releases/ReleaseBrake", brake);
  v1::RefreshFeedsRequest refresh;
  refresh.set_wait(true);
  EXPECT_TRUE(Call<v1::RefreshFeedsResponse>("Feeds/RefreshFeeds", refresh).status.ok());
  auto decide = Approval("");
  decide.set_dry_run(true);
  EXPECT_TRUE(Call<v1::DecideResponse>("Queue/Decide", decide).status.ok());
  decide = Approval("kind:domain");
  decide.set_verdict(v1::DecideRequest::VERDICT_DEFER);
  EXPECT_TRUE(Call<v1::DecideResponse>("Queue/Decide", decide).status.ok());
  for (const Access& access : AccessTable()) {
    if (access.method.starts_with("/sekisho.v1.Enforcement/")) continue;
    for (const char* token :
         {"viewer-token", "approver-token", "auditor-token", "admin-token", "exporter-token", ""}) {
      testing::CallRaw(channel_, std::string(access.method), token, AnyRequest(access));
    }
  }
  engine_->Settle();
  EXPECT_EQ(Published("dns"), "");
  EXPECT_EQ(Published("proxy"), "");

  EXPECT_EQ(Approve("kind:ip").decided(), 1U);
  EXPECT_EQ(Published("proxy"), "ip 192.0.2.1/32\n");
}

TEST_F(ActsTest, Z1_TheVoterIsTheCredentialsOwnerInEverySession) {
  v1::AddBlockRequest add;
  add.set_indicator("hxxps://evil[.]example/x");
  add.set_reason("a user's report");
  const auto added = Call<v1::AddBlockResponse>("Blocks/AddBlock", add);
  ASSERT_TRUE(added.status.ok()) << added.status.error_message();
  EXPECT_EQ(added.body.proposal().proposed_by(), "approver-name");
  EXPECT_EQ(added.body.proposal().defanged(), "hxxps://evil[.]example/x");
  EXPECT_EQ(added.body.proposal().reasons().rbegin()->detail(), "approver-name: a user's report");

  const auto by_token = Approve("evil.example");
  EXPECT_EQ(by_token.decided(), 0U);
  ASSERT_EQ(by_token.refused_size(), 1);
  channel_ = server_->Connect("approver.people.test");
  EXPECT_EQ(Approve("evil.example", "").decided(), 0U) << "the same person by certificate";
  EXPECT_EQ(Published("proxy"), "");

  EXPECT_EQ(Approve("evil.example", "second-token").decided(), 1U);
  const auto proposal = Proposals("state:approved").proposals(0);
  ASSERT_EQ(proposal.votes_size(), 1);
  EXPECT_EQ(proposal.votes(0).voter(), "second-name");
}

TEST_F(ActsTest, ListsProposalsPageByPage) {
  TakeFeed(Domains(25));
  v1::ListProposalsRequest request;
  request.set_limit(10);
  std::set<std::string> seen;
  for (int page = 0; page < 3; ++page) {
    const auto answer = Call<v1::ListProposalsResponse>("Queue/ListProposals", request);
    ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
    EXPECT_EQ(answer.body.total(), 25U);
    for (const auto& proposal : answer.body.proposals()) seen.insert(proposal.indicator());
    EXPECT_EQ(answer.body.next_page_token().empty(), page == 2);
    request.set_page_token(answer.body.next_page_token());
  }
  EXPECT_EQ(seen.size(), 25U);
}

TEST_F(ActsTest, RefusesPageTokensThatItDidNotGive) {
  TakeFeed(Domains(3));
  v1::ListProposalsRequest request;
  request.set_limit(1);
  const std::string good =
      Call<v1::ListProposalsResponse>("Queue/ListProposals", request).body.next_page_token();
  for (const std::string& token : {std::string("x"), std::string("AAAA"), good + "A"}) {
    request.set_page_token(token);
    EXPECT_EQ(Call<v1::ListProposalsResponse>("Queue/ListProposals", request).status.error_code(),
              StatusCode::INVALID_ARGUMENT);
    v1::ListBlocksRequest blocks;
    blocks.set_page_token(token);
    EXPECT_EQ(Call<v1::ListBlocksResponse>("Blocks/ListBlocks", blocks).status.error_code(),
              StatusCode::INVALID_ARGUMENT);
  }
  request.set_page_token(good);
  request.set_filter("kind:domain");
  EXPECT_EQ(Call<v1::ListProposalsResponse>("Queue/ListProposals", request).status.error_code(),
            StatusCode::INVALID_ARGUMENT)
      << "another query's token";
}

TEST_F(ActsTest, ShowsAllOfAProposal) {
  TakeFeed({"domain evil.example"});
  const auto proposal = Proposals().proposals(0);
  EXPECT_EQ(proposal.kind(), "domain");
  EXPECT_EQ(proposal.indicator(), "evil.example");
  EXPECT_EQ(proposal.defanged(), "evil[.]example");
  EXPECT_EQ(proposal.state(), "pending");
  EXPECT_EQ(proposal.proposed_by(), "policy");
  EXPECT_EQ(proposal.approvers_needed(), 1);
  EXPECT_EQ(proposal.digest().size(), 32U);
  EXPECT_EQ(proposal.lifetime().seconds(), 7 * 24 * 3600);
  EXPECT_GT(proposal.reasons_size(), 0);
  ASSERT_EQ(proposal.sources_size(), 1);
  EXPECT_EQ(proposal.sources(0).feed(), "urlhaus");
  EXPECT_EQ(proposal.sources(0).malware(), "emotet");
  EXPECT_EQ(proposal.sources(0).confidence(), 90);
  EXPECT_EQ(proposal.sources(0).last_seen().seconds(),
            (testing::start - std::chrono::hours(1)).time_since_epoch().count());
  ASSERT_EQ(proposal.feeds_size(), 1);
  EXPECT_EQ(proposal.feeds(0), "urlhaus");

  v1::GetProposalRequest request;
  request.set_id(proposal.id());
  EXPECT_EQ(Call<v1::GetProposalResponse>("Queue/GetProposal", request)
                .body.proposal()
                .SerializeAsString(),
            proposal.SerializeAsString());
  request.set_id(999);
  EXPECT_EQ(Call<v1::GetProposalResponse>("Queue/GetProposal", request).status.error_code(),
            StatusCode::NOT_FOUND);
}

TEST_F(ActsTest, AFilterThatIsNoneSaysWhere) {
  v1::ListProposalsRequest request;
  request.set_filter("kind:shoe");
  const auto answer = Call<v1::ListProposalsResponse>("Queue/ListProposals", request);
  EXPECT_EQ(answer.status.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_NE(answer.status.error_message().find("column"), std::string::npos);
  request.set_filter("kind:ip");
  request.set_kind("domain");
  EXPECT_EQ(Call<v1::ListProposalsResponse>("Queue/ListProposals", request).status.error_code(),
            StatusCode::INVALID_ARGUMENT);
}

TEST_F(ActsTest, ApprovesWhatWasSeenAndNothingElse) {
  TakeFeed({"domain evil.example", "domain worse.example"});
  const auto seen = Proposals("evil").proposals(0);
  v1::DecideRequest request = Approval("");
  request.add_ids(seen.id());
  request.add_digests(std::string(32, 'x'));
  EXPECT_EQ(Call<v1::DecideResponse>("Queue/Decide", request).status.error_code(),
            StatusCode::ABORTED);
  request.set_digests(0, seen.digest());
  request.set_expected_count(2);
  EXPECT_EQ(Call<v1::DecideResponse>("Queue/Decide", request).status.error_code(),
            StatusCode::ABORTED);
  EXPECT_EQ(Published("dns"), "");
  request.set_expected_count(1);
  const auto answer = Call<v1::DecideResponse>("Queue/Decide", request);
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_EQ(answer.body.decided(), 1U);
  EXPECT_EQ(answer.body.release(), 2U);
  EXPECT_EQ(Published("dns"), "domain evil.example\n");

  const auto blocks = Call<v1::ListBlocksResponse>("Blocks/ListBlocks", v1::ListBlocksRequest());
  ASSERT_EQ(blocks.body.blocks_size(), 1);
  EXPECT_EQ(blocks.body.blocks(0).approved_by(0), "approver-name");
  EXPECT_EQ(blocks.body.blocks(0).reason(), "seen in our logs");
  EXPECT_EQ(blocks.body.total(), 1U);
}

TEST_F(ActsTest, N5_AnApprovalSentAgainHasOneEffect) {
  TakeFeed({"domain evil.example"});
  const auto seen = Proposals("evil").proposals(0);
  v1::DecideRequest captured = Approval("");
  captured.add_ids(seen.id());
  captured.add_digests(seen.digest());
  EXPECT_EQ(Call<v1::DecideResponse>("Queue/Decide", captured).body.decided(), 1U);
  const auto again = Call<v1::DecideResponse>("Queue/Decide", captured);
  EXPECT_EQ(again.body.decided(), 0U);
  EXPECT_EQ(Entries("\"approve\"").size(), 1U);

  // Nor does it bring back what was taken back since.
  v1::RevokeBlocksRequest revoke;
  revoke.set_indicator("evil.example");
  revoke.set_reason("a mistake");
  ASSERT_TRUE(Call<v1::RevokeBlocksResponse>("Blocks/RevokeBlocks", revoke).status.ok());
  Call<v1::DecideResponse>("Queue/Decide", captured);
  EXPECT_EQ(Published("dns"), "");
  EXPECT_EQ(Entries("\"approve\"").size(), 1U);
}

TEST_F(ActsTest, RefusesDecisionsThatAreNotClear) {
  TakeFeed({"domain evil.example"});
  const auto id = Proposals().proposals(0).id();
  const std::vector<std::pair<const char*, std::function<void(v1::DecideRequest&)>>> wrong{
      {"nothing selected", [](auto& r) { r.clear_filter(); }},
      {"ids and filter", [&](auto& r) { r.add_ids(id); }},
      {"an id twice",
       [&](auto& r) {
         r.clear_filter();
         r.add_ids(id);
         r.add_ids(id);
       }},
      {"digests of a filter", [](auto& r) { r.add_digests(std::string(32, 'x')); }},
      {"a short digest",
       [&](auto& r) {
         r.clear_filter();
         r.add_ids(id);
         r.add_digests("x");
       }},
      {"more digests than ids",
       [&](auto& r) {
         r.clear_filter();
         r.add_ids(id);
         r.add_digests(std::string(32, 'x'));
         r.add_digests(std::string(32, 'x'));
       }},
      {"no verdict", [](auto& r) { r.clear_verdict(); }},
      {"an unknown verdict",
       [](auto& r) { r.set_verdict(static_cast<v1::DecideRequest::Verdict>(9)); }},
      {"no reason", [](auto& r) { r.clear_reason(); }},
      {"a blank reason", [](auto& r) { r.set_reason(" \n"); }},
      {"an endless reason", [](auto& r) { r.set_reason(std::string(5000, 'x')); }},
      {"no lifetime at all", [](auto& r) { r.mutable_lifetime(); }},
      {"a negative lifetime", [](auto& r) { r.mutable_lifetime()->set_seconds(-1); }},
      {"a rejection's lifetime",
       [](auto& r) {
         r.set_verdict(v1::DecideRequest::VERDICT_REJECT);
         r.mutable_lifetime()->set_seconds(3600);
       }},
  };
  for (const auto& [what, spoil] : wrong) {
    v1::DecideRequest request = Approval("evil");
    spoil(request);
    const auto answer = Call<v1::DecideResponse>("Queue/Decide", request);
    EXPECT_EQ(answer.status.error_code(), StatusCode::INVALID_ARGUMENT)
        << what << ": " << answer.status.error_message();
  }
  EXPECT_EQ(Proposals().total(), 1U) << "still pending";
}

TEST_F(ActsTest, RenewsByTheCredentialsOwnerAndSaysWhatIsNotRenewed) {
  TakeFeed({"domain evil.example"});
  Approve("kind:domain");
  v1::RenewBlocksRequest renew;
  renew.set_reason("still active");
  const auto call = [&] {
    return Call<v1::RenewBlocksResponse>("Blocks/RenewBlocks", renew, "second-token");
  };
  EXPECT_EQ(call().status.error_code(), StatusCode::INVALID_ARGUMENT) << "no ids";
  renew.add_ids(99);
  EXPECT_EQ(call().status.error_code(), StatusCode::NOT_FOUND);
  renew.set_ids(0, 1);
  const auto sooner = call();
  ASSERT_TRUE(sooner.status.ok()) << sooner.status.error_message();
  ASSERT_EQ(sooner.body.refused_size(), 1);
  EXPECT_TRUE(sooner.body.refused(0).reason().starts_with("it ends later than that already"));
  clock_.Advance(std::chrono::hours(1));
  renew.add_ids(1);
  const auto renewed = call();
  ASSERT_TRUE(renewed.status.ok()) << renewed.status.error_message();
  EXPECT_EQ(renewed.body.renewed(), 1U) << "each once";
  EXPECT_GT(renewed.body.release(), 0U);
  const auto block = store_->Read().value()->FindBlock(1).value().value();
  EXPECT_TRUE(block.approved_by.ends_with(",second-name")) << block.approved_by;
  while (renew.ids_size() <= 1000) renew.add_ids(1);
  EXPECT_EQ(call().status.error_code(), StatusCode::INVALID_ARGUMENT) << "too many";
  renew.clear_reason();
  EXPECT_EQ(call().status.error_code(), StatusCode::INVALID_ARGUMENT);
}

TEST_F(ActsTest, RefusesBlocksThatMustNotBe) {
  v1::AddBlockRequest add;
  add.set_reason("seen");
  for (const auto& [indicator, code] : std::vector<std::pair<std::string, StatusCode>>{
           {"", StatusCode::INVALID_ARGUMENT},
           {"not a domain", StatusCode::INVALID_ARGUMENT},
           {"192.0.2.1/99", StatusCode::INVALID_ARGUMENT},
           {"github.com", StatusCode::PERMISSION_DENIED},
           {"com", StatusCode::PERMISSION_DENIED},
           {"d41d8cd98f00b204e9800998ecf8427e", StatusCode::PERMISSION_DENIED}}) {
    add.set_indicator(indicator);
    const auto answer = Call<v1::AddBlockResponse>("Blocks/AddBlock", add);
    EXPECT_EQ(answer.status.error_code(), code) << indicator;
    EXPECT_FALSE(answer.status.error_message().empty());
  }
  v1::RevokeBlocksRequest revoke;
  revoke.set_reason("seen");
  EXPECT_EQ(Call<v1::RevokeBlocksResponse>("Blocks/RevokeBlocks", revoke).status.error_code(),
            StatusCode::INVALID_ARGUMENT);
  revoke.set_indicator("evil.example");
  EXPECT_EQ(Call<v1::RevokeBlocksResponse>("Blocks/RevokeBlocks", revoke).status.error_code(),
            StatusCode::NOT_FOUND);
  revoke.add_ids(1);
  EXPECT_EQ(Call<v1::RevokeBlocksResponse>("Blocks/RevokeBlocks", revoke).status.error_code(),
            StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace agent::api
