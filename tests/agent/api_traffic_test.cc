// What our own clients use, as approvers see it, and what it asks of them.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "agent/traffic/traffic.h"
#include "sekisho/v1/emergency.pb.h"
#include "sekisho/v1/standing.pb.h"
#include "tests/agent/api_services_fixture.h"

namespace agent::api {
namespace {

namespace v1 = sekisho::v1;

class TrafficApiTest : public testing::ServicesFixture {
 protected:
  std::shared_ptr<const traffic::Traffic> traffic() override { return traffic_; }

  // So many clients ask for the name once each.
  void Use(const std::string& name, int clients, std::chrono::seconds ago = {}) {
    for (int i = 0; i < clients; ++i) {
      traffic_->Add({.at = clock_.Now() - ago,
                     .client = "10.0.0." + std::to_string(i),
                     .name = policy::Domain::Parse(name).value()},
                    clock_.Now());
    }
  }

  v1::Proposal ProposalOf(const std::string& indicator) {
    const auto listed = Proposals("state:pending state:approved");
    for (const v1::Proposal& proposal : listed.proposals()) {
      if (proposal.indicator() == indicator) return proposal;
    }
    ADD_FAILURE() << "no proposal of " << indicator;
    return {};
  }

  static std::vector<std::string> CodesOf(const v1::Proposal& proposal) {
    std::vector<std::string> codes;
    for (const auto& reason : proposal.reasons()) codes.push_back(reason.code());
    return codes;
  }
  static bool HasManyClients(const v1::Proposal& proposal) {
    const auto codes = CodesOf(proposal);
    return std::count(codes.begin(), codes.end(), "many-clients") == 1;
  }

  std::shared_ptr<traffic::Traffic> traffic_ =
      std::make_shared<traffic::Traffic>(*suffixes_, 1000, traffic::SipKey{1, 2});
};

TEST_F(TrafficApiTest, AProposalSaysWhatItsBlockWouldCut) {
  Use("www.shop.example", 3);
  Use("shop.example", 2, std::chrono::hours(24));
  Use("other.example", 4);
  TakeFeed({"domain shop.example", "domain unused.example"});
  const v1::Traffic used = ProposalOf("shop.example").traffic();
  EXPECT_EQ(used.requests(), 5U);
  EXPECT_EQ(used.clients(), 3U);
  EXPECT_FALSE(used.approximate());
  ASSERT_EQ(used.per_day_size(), 14);
  EXPECT_EQ(used.per_day(13), 3U);
  EXPECT_EQ(used.per_day(12), 2U);
  EXPECT_EQ(proto::FromTimestamp(used.last_seen()).value(), clock_.Now());
  EXPECT_EQ(used.counted(), "");
  const v1::Proposal unused = ProposalOf("unused.example");
  EXPECT_TRUE(unused.has_traffic());
  EXPECT_EQ(unused.traffic().requests(), 0U);
  EXPECT_EQ(Why("shop.example").traffic().clients(), 3U);
  EXPECT_FALSE(Why("shop.example", clock_.Now() - std::chrono::seconds(1)).has_traffic())
      << "of the past nothing is known";
}

TEST_F(TrafficApiTest, OfAUrlThatNoLogShowsItsHostIsCountedAndSaidSo) {
  Use("github.com", 9);
  TakeFeed({"url https://github.com/evil/x"});
  const v1::Proposal proposal = ProposalOf("https://github.com/evil/x");
  EXPECT_EQ(proposal.traffic().clients(), 9U);
  EXPECT_EQ(proposal.traffic().counted(), "github.com");
  EXPECT_EQ(proposal.approvers_needed(), 1);
}

TEST_F(TrafficApiTest, TheQueueIsFilteredByWhatIsUsedNow) {
  Use("www.shop.example", 3);
  Use("github.com", 9);
  TakeFeed({"domain shop.example", "domain unused.example", "url https://github.com/evil/x",
            "ip 192.0.2.0/24"});
  const auto indicators = [&](const std::string& filter) {
    std::vector<std::string> found;
    const auto rows = Proposals(filter);
    for (const auto& row : rows.proposals()) found.push_back(row.indicator());
    return found;
  };
  EXPECT_EQ(indicators("clients>2"), std::vector<std::string>{"shop.example"});
  EXPECT_EQ(indicators("clients:0 kind:domain"), std::vector<std::string>{"unused.example"});
  EXPECT_EQ(indicators("clients:0 kind:url"), std::vector<std::string>{"https://github.com/evil/x"})
      << "its host is used, of which a block of it would cut a part at most";
  Use("unused.example", 4);
  EXPECT_EQ(indicators("clients>3"), std::vector<std::string>{"unused.example"});
}

TEST_F(TrafficApiTest, WhatManyClientsUseTakesTwoPeople) {
  Use("shop.example", 6);
  Use("quiet.example", 5);
  TakeFeed({"domain shop.example", "domain quiet.example"});
  EXPECT_EQ(ProposalOf("shop.example").approvers_needed(), 2);
  EXPECT_TRUE(HasManyClients(ProposalOf("shop.example")));
  EXPECT_EQ(ProposalOf("quiet.example").approvers_needed(), 1);
  const v1::DecideResponse first = Approve("example");
  EXPECT_EQ(first.decided(), 1U);
  EXPECT_EQ(first.awaiting(), 1U);
  EXPECT_EQ(Published("dns"), "domain quiet.example\n");
  EXPECT_EQ(Approve("example", "senior_approver-token").decided(), 1U);
  EXPECT_EQ(Published("dns"), "domain quiet.example\ndomain shop.example\n");
}

TEST_F(TrafficApiTest, ItIsTheClientsAtTheDecisionThatCount) {
  TakeFeed({"domain shop.example"});
  EXPECT_EQ(ProposalOf("shop.example").approvers_needed(), 1);
  Use("shop.example", 6);
  EXPECT_EQ(ProposalOf("shop.example").approvers_needed(), 2) << "shown before it is assessed anew";
  EXPECT_TRUE(HasManyClients(ProposalOf("shop.example")));
  EXPECT_EQ(Approve("example").awaiting(), 1U);
  EXPECT_EQ(Published("dns"), "");
}

TEST_F(TrafficApiTest, AStandingApprovalLeavesWhatManyUseByNowToPeople) {
  TakeFeed({"domain shop.example", "domain quiet.example"});
  Use("shop.example", 6);
  v1::ProposeStandingApprovalRequest propose;
  propose.set_filter("feed:urlhaus");
  propose.set_reason("as a rule it is right");
  const auto rule = Call<v1::StandingApprovalResponse>("StandingApprovals/ProposeStandingApproval",
                                                       propose, "approver-token");
  ASSERT_TRUE(rule.status.ok()) << rule.status.error_message();
  v1::ApproveStandingApprovalRequest approve;
  approve.set_id(rule.body.standing_approval().id());
  approve.set_digest(rule.body.standing_approval().digest());
  approve.set_reason("looked at it");
  for (const char* token : {"second-token", "senior_approver-token"}) {
    const auto voted = Call<v1::StandingApprovalResponse>(
        "StandingApprovals/ApproveStandingApproval", approve, token);
    ASSERT_TRUE(voted.status.ok()) << voted.status.error_message();
  }
  engine_->Settle();
  EXPECT_EQ(Published("dns"), "domain quiet.example\n");
}

TEST_F(TrafficApiTest, APersonsOwnProposalIsNoException) {
  v1::AddBlockRequest add;
  add.set_indicator("shop[.]example");
  add.set_reason("seen");
  Use("shop.example", 6);
  const auto added = Call<v1::AddBlockResponse>("Blocks/AddBlock", add, "second-token");
  ASSERT_TRUE(added.status.ok()) << added.status.error_message();
  EXPECT_EQ(added.body.proposal().approvers_needed(), 2);
  EXPECT_EQ(added.body.proposal().traffic().clients(), 6U);
  EXPECT_TRUE(HasManyClients(added.body.proposal()));
  EXPECT_EQ(Approve("example").awaiting(), 1U);
  EXPECT_EQ(Approve("example", "senior_approver-token").decided(), 1U);
}

TEST_F(TrafficApiTest, APreviewOfManySaysWhatTheyWouldCutTogether) {
  auto lines = Domains(30);
  for (int i = 0; i < 15; ++i) Use("d" + std::to_string(i) + ".example", i + 1);
  TakeFeed(lines);
  auto request = Approval("");
  request.set_dry_run(true);
  const auto answer = Call<v1::DecideResponse>("Queue/Decide", request);
  ASSERT_TRUE(answer.status.ok());
  const v1::TrafficCut& cut = answer.body.cut();
  EXPECT_EQ(cut.proposals(), 15U);
  EXPECT_EQ(cut.total().requests(), 15U * 16 / 2);
  EXPECT_EQ(cut.total().clients(), 15U) << "a client counts once";
  ASSERT_EQ(cut.most_used_size(), 10);
  EXPECT_EQ(cut.most_used(0).indicator(), "d14.example");
  EXPECT_EQ(cut.most_used(0).traffic().clients(), 15U);
  EXPECT_EQ(cut.most_used(9).indicator(), "d5.example");
}

TEST_F(TrafficApiTest, AnEmergencyBlockShowsWhatItCuts) {
  Use("shop.example", 7);
  v1::BlockNowRequest request;
  request.add_indicators("shop.example");
  request.set_reason("now");
  const auto answer =
      Call<v1::EmergencyResponse>("Emergencies/BlockNow", request, "senior_approver-token");
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_EQ(answer.body.emergencies(0).traffic().clients(), 7U);
}

TEST_F(TrafficApiTest, TheLogsAreListedWithTheFeeds) {
  traffic::LogState log;
  log.file = "/var/log/squid/access.log";
  log.trouble = "cannot open it";
  log.requests = 7;
  log.faults = 1;
  log.last_fault = "no time";
  traffic_->SetLog("proxy", log);
  const auto answer = Call<v1::ListFeedsResponse>("Feeds/ListFeeds", v1::ListFeedsRequest());
  ASSERT_EQ(answer.body.traffic_logs_size(), 1);
  EXPECT_EQ(answer.body.traffic_logs(0).name(), "proxy");
  EXPECT_EQ(answer.body.traffic_logs(0).trouble(), "cannot open it");
  EXPECT_EQ(answer.body.traffic_logs(0).requests(), 7U);
}

using NoTrafficApiTest = testing::ServicesFixture;

TEST_F(NoTrafficApiTest, WhereNoLogIsFollowedNothingIsSaidOfIt) {
  TakeFeed({"domain evil.example"});
  EXPECT_FALSE(Proposals().proposals(0).has_traffic());
  auto request = Approval("");
  request.set_dry_run(true);
  EXPECT_FALSE(Call<v1::DecideResponse>("Queue/Decide", request).body.has_cut());
}

}  // namespace
}  // namespace agent::api
