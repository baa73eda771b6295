// Unblock requests: strangers ask by the browsers' door, people answer by theirs.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sekisho/v1/unblock.pb.h"
#include "tests/agent/web_fixture.h"

namespace agent::api {
namespace {

using grpc::StatusCode;
using std::chrono::hours;

namespace v1 = sekisho::v1;

class UnblockRequestTest : public testing::WebFixture {
 protected:
  std::optional<UnblockRules> unblock_rules() override {
    UnblockRules rules;
    rules.open_max = 4;
    return rules;
  }

  testing::Answer<v1::AskResponse> Ask(const std::string& target,
                                       const std::string& note = "our supplier's shop",
                                       const std::string& contact = "taro, ext. 4711") {
    v1::AskRequest request;
    request.set_target(target);
    request.set_note(note);
    request.set_contact(contact);
    return Browse<v1::AskResponse>("UnblockRequests/Ask", request);
  }
  v1::TrackResponse Track(const std::string& token) {
    v1::TrackRequest request;
    request.set_token(token);
    auto answer = Browse<v1::TrackResponse>("UnblockRequests/Track", request);
    EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
    return answer.body;
  }
  v1::ListUnblockRequestsResponse List(bool all = false,
                                       const std::string& token = "approver-token") {
    v1::ListUnblockRequestsRequest request;
    request.set_all(all);
    return Call<v1::ListUnblockRequestsResponse>("UnblockRequests/ListUnblockRequests", request,
                                                 token)
        .body;
  }
  v1::GetUnblockRequestResponse Get(std::int64_t id) {
    v1::GetUnblockRequestRequest request;
    request.set_id(id);
    return Call<v1::GetUnblockRequestResponse>("UnblockRequests/GetUnblockRequest", request).body;
  }
  testing::Answer<v1::AnswerResponse> Decline(std::int64_t id) {
    v1::DeclineRequest request;
    request.set_id(id);
    request.set_reason("it spreads malware; use the other shop");
    return Call<v1::AnswerResponse>("UnblockRequests/Decline", request);
  }
  testing::Answer<v1::AnswerResponse> Grant(std::int64_t id, std::chrono::seconds lifetime = {},
                                            const std::string& token = "approver-token") {
    v1::GrantRequest request;
    request.set_id(id);
    request.set_reason("cleaned up");
    if (lifetime.count() > 0) *request.mutable_lifetime() = proto::ToDuration(lifetime);
    return Call<v1::AnswerResponse>("UnblockRequests/Grant", request, token);
  }
  void Block(const std::string& line) {
    TakeFeed({line});
    ASSERT_EQ(Approve("example").decided(), 1U);
  }
};

TEST_F(UnblockRequestTest, AStrangerAsksAndAnApproverGrantsIt) {
  Block("domain shop.example");
  const auto asked = Ask("https://www.shop.example/basket?session=secret");
  ASSERT_TRUE(asked.status.ok()) << asked.status.error_message();
  EXPECT_GE(asked.body.token().size(), 43U) << "256 bits";
  EXPECT_EQ(Track(asked.body.token()).state(), "open");
  EXPECT_EQ(Track(asked.body.token()).site(), "www.shop.example");

  ASSERT_EQ(List().requests_size(), 1);
  EXPECT_EQ(List().requests(0).indicator(), "www.shop.example") << "the page is nobody's business";
  const auto shown = Get(1);
  EXPECT_EQ(shown.request().contact(), "taro, ext. 4711");
  ASSERT_EQ(shown.blocks_size(), 1);
  EXPECT_EQ(shown.blocks(0).indicator(), "shop.example");
  EXPECT_EQ(shown.blocks(0).approved_by(0), "approver-name");
  EXPECT_TRUE(shown.why().blocked());
  EXPECT_NE(shown.why().proposals_size(), 0) << "with the sources";

  const auto granted = Grant(1);
  ASSERT_TRUE(granted.status.ok()) << granted.status.error_message();
  EXPECT_EQ(granted.body.blocks_size(), 1);
  EXPECT_GT(granted.body.release(), 0U);
  EXPECT_EQ(Published("dns"), "");
  const auto after = Track(asked.body.token());
  EXPECT_EQ(after.state(), "granted");
  EXPECT_EQ(after.answer(), "cleaned up");
  EXPECT_EQ(List().requests_size(), 0);
  EXPECT_EQ(List(true).requests(0).answered_by(), "approver-name");
  EXPECT_EQ(Grant(1).status.error_code(), StatusCode::ABORTED) << "it is answered already";
  EXPECT_EQ(Entries("unblock-request.ask").size(), 1U);
  EXPECT_EQ(Entries("unblock-request.grant").size(), 1U);
}

TEST_F(UnblockRequestTest, TheQueueIsFilteredByWhatIsAskedFor) {
  Block("domain shop.example");
  EXPECT_EQ(Proposals("requests:yes state:approved").total(), 0U);
  Ask("https://www.shop.example/basket");
  const auto asked = Proposals("requests:yes state:approved");
  ASSERT_EQ(asked.total(), 1U);
  EXPECT_EQ(asked.proposals(0).indicator(), "shop.example");
  Decline(1);
  EXPECT_EQ(Proposals("requests:yes state:approved").total(), 0U);
}

TEST_F(UnblockRequestTest, OneAnswerIsForAllWhoAskForTheSameSite) {
  const auto first = Ask("shop.example");
  const auto second = Ask("https://shop.example/other");
  const auto other = Ask("news.example");
  EXPECT_EQ(Get(1).others_size(), 1);
  ASSERT_EQ(Decline(1).body.requests_size(), 2);
  EXPECT_EQ(Track(first.body.token()).state(), "declined");
  EXPECT_EQ(Track(second.body.token()).answer(), "it spreads malware; use the other shop");
  EXPECT_EQ(Track(other.body.token()).state(), "open");
}

TEST_F(UnblockRequestTest, WhatNobodyAnswersLapses) {
  const auto old = Ask("shop.example");
  Pass(hours(24));
  const auto young = Ask("news.example");
  Pass(hours(24 * 13));
  EXPECT_EQ(Track(old.body.token()).state(), "lapsed");
  EXPECT_EQ(Track(young.body.token()).state(), "open");
  EXPECT_EQ(Entries("unblock-request.lapse").size(), 1U);
  EXPECT_EQ(Grant(1).status.error_code(), StatusCode::ABORTED);
  EXPECT_EQ(List().requests_size(), 1);
  EXPECT_FALSE(List(true).requests(1).note().empty());
  Pass(hours(24 * 31));
  EXPECT_TRUE(List(true).requests(1).note().empty()) << "a person's words are kept no longer";
}

TEST_F(UnblockRequestTest, AGrantForADayIsBeforePeopleAgainAfterIt) {
  Block("domain shop.example");
  const auto asked = Ask("shop.example");
  ASSERT_TRUE(Grant(1, hours(24)).status.ok());
  EXPECT_EQ(proto::FromTimestamp(Track(asked.body.token()).until()).value(),
            clock_.Now() + hours(24));
  EXPECT_EQ(Proposals("state:pending").total(), 0U);
  Pass(hours(23));
  EXPECT_EQ(Proposals("state:pending").total(), 0U);
  Pass(hours(1) + std::chrono::minutes(1));
  ASSERT_EQ(Proposals("state:pending").total(), 1U);
  EXPECT_EQ(Proposals("state:pending").proposals(0).votes_size(), 0) << "nobody's vote counts on";
  EXPECT_EQ(Published("dns"), "") << "nothing comes back by itself";
}

TEST_F(UnblockRequestTest, NothingBlocksItIsNoGrantButADecline) {
  ASSERT_TRUE(Ask("open.example").status.ok());
  EXPECT_FALSE(Get(1).why().blocked());
  EXPECT_EQ(Grant(1).status.error_code(), StatusCode::NOT_FOUND);
  EXPECT_EQ(List().requests_size(), 1);
  EXPECT_TRUE(Decline(1).status.ok());
}

TEST_F(UnblockRequestTest, WhatIsBlockedDoesNotShowInWhatStrangersSee) {
  TakeFeed({"url http://github.com/evil"});
  ASSERT_EQ(Approve("github").decided(), 1U);
  const auto blocked = Ask("http://github.com/evil");
  const auto open = Ask("http://github.com/harmless");
  EXPECT_EQ(blocked.status.error_code(), open.status.error_code());
  const auto one = Track(blocked.body.token());
  const auto other = Track(open.body.token());
  EXPECT_EQ(one.SerializeAsString(), other.SerializeAsString());
  EXPECT_EQ(one.site(), "github.com");
  EXPECT_EQ(Get(1).request().indicator(), "http://github.com/evil") << "that is what to lift";
  EXPECT_EQ(Get(2).request().indicator(), "github.com");
}

TEST_F(UnblockRequestTest, OnlyTheTokenTracksAndItIsStoredAsItsDigest) {
  const auto asked = Ask("shop.example");
  v1::TrackRequest request;
  for (const std::string& wrong : {std::string(), std::string("1"), asked.body.token() + "x"}) {
    request.set_token(wrong);
    EXPECT_EQ(Browse("UnblockRequests/Track", request).status.error_code(), StatusCode::NOT_FOUND);
  }
  const auto kept = store_->Read().value()->FindUnblockRequest(1).value().value();
  EXPECT_EQ(kept.token, policy::Sha256Of(asked.body.token()));
  for (const std::string& entry : Entries("")) {
    EXPECT_EQ(entry.find(asked.body.token()), std::string::npos);
  }
}

TEST_F(UnblockRequestTest, WhoAsksIsShownToThoseWhoAnswerAndIsNotInTheHistory) {
  ASSERT_TRUE(Ask("shop.example", "for patient Tanaka", "taro@hospital.example").status.ok());
  for (const char* token : {"viewer-token", "auditor-token", "admin-token"}) {
    const auto list = List(false, token);
    ASSERT_EQ(list.requests_size(), 1);
    EXPECT_EQ(list.requests(0).contact(), "") << token;
    EXPECT_EQ(list.requests(0).note(), "") << token;
  }
  EXPECT_EQ(List().requests(0).note(), "for patient Tanaka");
  EXPECT_TRUE(Entries("Tanaka").empty());
  EXPECT_TRUE(Entries("taro").empty());
}

TEST_F(UnblockRequestTest, AnAnsweredRequestForgetsWhoAsked) {
  ASSERT_TRUE(Ask("shop.example").status.ok());
  ASSERT_TRUE(Ask("open.example").status.ok());
  ASSERT_TRUE(Decline(1).status.ok());
  Pass(hours(24 * 29));
  EXPECT_EQ(Get(1).request().contact(), "taro, ext. 4711");
  Pass(hours(24 * 2));
  EXPECT_EQ(Get(1).request().contact(), "");
  EXPECT_EQ(Get(1).request().note(), "");
  EXPECT_EQ(Get(1).request().answer(), "it spreads malware; use the other shop");
  EXPECT_EQ(Get(2).request().contact(), "taro, ext. 4711") << "nobody has answered it yet";
}

TEST_F(UnblockRequestTest, SoManyOfOneAddressAreTooMany) {
  for (int i = 0; i < 10; ++i) {
    const auto asked = Ask("d" + std::to_string(i) + ".example");
    ASSERT_TRUE(asked.status.ok()) << i << asked.status.error_message();
    ASSERT_TRUE(Decline(i + 1).status.ok());
  }
  EXPECT_EQ(Ask("one.example").status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  clock_.Advance(hours(1) + std::chrono::minutes(1));
  EXPECT_TRUE(Ask("one.example").status.ok());
}

TEST_F(UnblockRequestTest, NoMoreMayBeOpenThanPeopleCanLookAt) {
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(Ask("d" + std::to_string(i) + ".example").status.ok());
  EXPECT_EQ(Ask("one.example").status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(List().requests_size(), 4);
}

TEST_F(UnblockRequestTest, TrackingIsLimitedToo) {
  v1::TrackRequest request;
  request.set_token("a guess");
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(Browse("UnblockRequests/Track", request).status.error_code(), StatusCode::NOT_FOUND);
  }
  EXPECT_EQ(Browse("UnblockRequests/Track", request).status.error_code(),
            StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(UnblockRequestTest, WhatIsNoSiteOrTooLongIsRefused) {
  struct Case {
    std::string target, note, contact;
  };
  const std::vector<Case> cases{
      {"", "why", ""},
      {"not a site", "why", ""},
      {"203.0.113.0/24", "why", ""},
      {std::string(64, 'a'), "why", ""},  // a hash
      {"shop.example", " \n", ""},
      {"shop.example", std::string(1001, 'x'), ""},
      {"shop.example", "a\x1b[2J", ""},
      {"shop.example", "why", std::string(201, 'x')},
      {"shop.example", "why", "two\nlines"},
      {"http://shop.example/" + std::string(9000, 'x'), "why", ""},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(Ask(each.target, each.note, each.contact).status.error_code(),
              StatusCode::INVALID_ARGUMENT)
        << each.target.substr(0, 40) << '|' << each.note.substr(0, 40);
  }
  EXPECT_EQ(Ask("shop.example", std::string(20'000, 'x')).status.error_code(),
            StatusCode::RESOURCE_EXHAUSTED)
      << "not even read";
  EXPECT_EQ(List(true).requests_size(), 0);
  EXPECT_TRUE(Ask("203.0.113.7", "受注システムです\n急ぎです").status.ok());
}

TEST_F(UnblockRequestTest, AnotherSitesPageCannotAskInAVisitorsName) {
  const auto answer = Post("UnblockRequests/Ask", R"({"target": "shop.example", "note": "why"})",
                           {{"Origin", "https://evil.example"}, {"Connect-Protocol-Version", "1"}});
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(List(true).requests_size(), 0);
}

class NoUnblockRequestTest : public testing::WebFixture {};

TEST_F(NoUnblockRequestTest, NobodyMayAskWhereItIsNotConfigured) {
  v1::AskRequest request;
  request.set_target("shop.example");
  request.set_note("why");
  EXPECT_EQ(Browse("UnblockRequests/Ask", request).status.error_code(), StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace agent::api
