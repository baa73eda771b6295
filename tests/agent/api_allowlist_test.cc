// Allowlists through the real door.
#include <gtest/gtest.h>

#include <string>

#include "sekisho/v1/allowlist.pb.h"
#include "tests/agent/api_services_fixture.h"

namespace agent::api {
namespace {

using grpc::StatusCode;

namespace v1 = sekisho::v1;

class AllowlistTest : public testing::ServicesFixture {
 protected:
  static v1::AddAllowEntryRequest Wanted(const std::string& match) {
    v1::AddAllowEntryRequest request;
    request.set_match(match);
    request.set_effect("never");
    request.set_owner("web team");
    request.set_reason("our shop");
    return request;
  }
  testing::Answer<v1::AllowEntryResponse> Add(const v1::AddAllowEntryRequest& request,
                                              const std::string& token = "approver-token") {
    auto answer = Call<v1::AllowEntryResponse>("Allowlists/AddAllowEntry", request, token);
    engine_->Settle();
    return answer;
  }
  testing::Answer<v1::AllowEntryResponse> Remove(std::int64_t id, const std::string& token,
                                                 bool dry_run = false) {
    v1::RemoveAllowEntryRequest request;
    request.set_id(id);
    request.set_reason("sold");
    request.set_dry_run(dry_run);
    auto answer = Call<v1::AllowEntryResponse>("Allowlists/RemoveAllowEntry", request, token);
    engine_->Settle();
    return answer;
  }
  v1::ListAllowlistsResponse List() {
    return Call<v1::ListAllowlistsResponse>("Allowlists/ListAllowlists",
                                            v1::ListAllowlistsRequest(), "viewer-token")
        .body;
  }
  std::vector<std::string> Search(const std::string& query, std::uint32_t limit = 0) {
    v1::SearchAllowlistsRequest request;
    request.set_query(query);
    request.set_limit(limit);
    const auto answer =
        Call<v1::SearchAllowlistsResponse>("Allowlists/SearchAllowlists", request, "viewer-token");
    EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
    std::vector<std::string> found;
    for (const auto& match : answer.body.matches()) {
      found.push_back(match.relation() + " " + match.entry() + " " + match.owner());
    }
    if (answer.body.more()) found.emplace_back("more");
    return found;
  }
};

TEST_F(AllowlistTest, APreviewCountsAndOnlyThenAnEntryIsMadeAndShown) {
  TakeFeed({"domain shop.example", "domain evil.example"});
  ASSERT_EQ(Approve("shop").decided(), 1U);
  auto request = Wanted("hxxp[:]//nothing");
  request.set_match("shop[.]example");
  request.set_dry_run(true);
  const auto preview = Add(request, "admin-token");
  ASSERT_TRUE(preview.status.ok()) << preview.status.error_message();
  EXPECT_EQ(preview.body.effects().leaving_total(), 1U);
  EXPECT_EQ(preview.body.effects().leaving(0), "shop.example");
  EXPECT_EQ(List().entries_size(), 0);
  EXPECT_NE(Published("dns"), "");

  request.set_dry_run(false);
  ASSERT_TRUE(Add(request, "admin-token").status.ok());
  EXPECT_EQ(Published("dns"), "");
  const auto list = List();
  ASSERT_EQ(list.entries_size(), 1);
  EXPECT_EQ(list.entries(0).match(), "shop.example");
  EXPECT_EQ(list.entries(0).added_by(), "admin-name");
  EXPECT_EQ(list.entries(0).owner(), "web team");
  std::vector<std::string> origins;
  for (const auto& each : list.allowlists()) {
    origins.push_back(each.name() + " " + each.origin() + " " + std::to_string(each.entries()));
  }
  EXPECT_EQ(origins, (std::vector<std::string>{"services source 1", "own entries people 1",
                                               "own entries to review people 0"}));
  EXPECT_NE(Why("shop.example").allowlist(0).detail().find("web team"), std::string::npos);
}

TEST_F(AllowlistTest, Z4_OneApproverAsksForARemovalAndAnotherEndsIt) {
  TakeFeed({"domain shop.example"});
  ASSERT_TRUE(Add(Wanted("shop.example")).status.ok());
  EXPECT_EQ(Remove(1, "admin-token").status.error_code(), StatusCode::PERMISSION_DENIED);
  const auto preview = Remove(1, "approver-token", true);
  ASSERT_TRUE(preview.status.ok()) << preview.status.error_message();
  EXPECT_EQ(preview.body.effects().proposed_total(), 1U);
  EXPECT_EQ(Remove(1, "approver-token").body.entry().removal_asked_by(), "approver-name");
  EXPECT_EQ(Remove(1, "approver-token").status.error_code(), StatusCode::PERMISSION_DENIED);
  EXPECT_TRUE(Remove(1, "senior_approver-token").body.entry().has_ended_at());
  EXPECT_EQ(Proposals().total(), 1U);
  EXPECT_EQ(Remove(1, "approver-token", true).status.error_code(), StatusCode::NOT_FOUND);
}

TEST_F(AllowlistTest, AnEntryWantsAnOwnerAReasonAnEffectAndATimeToCome) {
  const auto refused = [&](auto change) {
    auto request = Wanted("shop.example");
    change(request);
    return Add(request).status.error_code() == StatusCode::INVALID_ARGUMENT;
  };
  EXPECT_TRUE(refused([](auto& request) { request.set_owner(" "); }));
  EXPECT_TRUE(refused([](auto& request) { request.set_owner("web\nteam"); }));
  EXPECT_TRUE(refused([](auto& request) { request.set_reason(""); }));
  EXPECT_TRUE(refused([](auto& request) { request.set_effect("url-only"); }));
  EXPECT_TRUE(refused([](auto& request) { request.set_match("http://shop.example/a"); }));
  EXPECT_TRUE(refused([](auto& request) { request.set_match("example"); }));
  EXPECT_TRUE(refused([](auto& request) { request.mutable_expires()->set_seconds(1); }));
  EXPECT_EQ(List().entries_size(), 0);
}

TEST_F(AllowlistTest, SearchGivesHitsThenNearMissesThenWhatHoldsTheText) {
  ASSERT_TRUE(Add(Wanted("shop.example.com")).status.ok());
  ASSERT_TRUE(Add(Wanted("198.51.100.7")).status.ok());
  EXPECT_EQ(Search("www.shop.example.com"),
            (std::vector<std::string>{"inside-entry shop.example.com web team"}));
  EXPECT_EQ(Search("hxxps://mail.example[.]com/x"),
            (std::vector<std::string>{"near shop.example.com web team"}));
  EXPECT_EQ(Search("198.51.100.9"), (std::vector<std::string>{"near 198.51.100.7/32 web team"}));
  EXPECT_EQ(Search("198.51.0.0/16"),
            (std::vector<std::string>{"contains-entry 198.51.100.7/32 web team"}));
  EXPECT_EQ(Search("web te").size(), 2U);
  EXPECT_EQ(Search("web te", 1).back(), "more");
  EXPECT_EQ(Search("hub.c"), (std::vector<std::string>{"text github.com "}));
  EXPECT_TRUE(Search("no such thing").empty());
}

}  // namespace
}  // namespace agent::api
