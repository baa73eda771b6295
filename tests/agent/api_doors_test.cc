// The rows of the test matrix on authorisation, each through every door: gRPC, and Connect with a
// session's cookie or with a token.
#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include "platform/encoding.h"
#include "sekisho/v1/emergency.pb.h"
#include "tests/agent/web_fixture.h"

namespace agent::api::testing {
namespace {

using Code = grpc::StatusCode;

enum class Door { grpc, cookie, token };

class DoorsTest : public WebFixture, public ::testing::WithParamInterface<Door> {
 protected:
  // With an account and a token, both of which are the same person.
  struct Person {
    std::string name;
    std::string session;
    v1::CreateTokenResponse token;
  };

  Person Join(const std::string& name, const std::string& role = "approver") {
    v1::CreateTokenRequest create;
    create.set_name(name);
    create.set_role(role);
    return {name, Enrol(name, role),
            Call<v1::CreateTokenResponse>("Accounts/CreateToken", create, "admin-token").body};
  }

  template <class Response, class Request>
  Answer<Response> As(const Person& person, const std::string& method, const Request& request) {
    switch (GetParam()) {
      case Door::grpc: return Call<Response>(method, request, person.token.secret());
      case Door::cookie: return Browse<Response>(method, request, person.session);
      default: break;
    }
    const auto answer = Post(method, request.SerializeAsString(), Bearer(person.token.secret()),
                             "application/proto");
    Answer<Response> result{StatusOf(answer), {}};
    if (result.status.ok()) {
      EXPECT_TRUE(result.body.ParseFromString(answer.body));
    }
    return result;
  }
  Answer<v1::DecideResponse> Decide(const Person& person, v1::DecideRequest request) {
    return As<v1::DecideResponse>(person, "Queue/Decide", request);
  }
  // One proposal by its id, as it was seen.
  static v1::DecideRequest On(const v1::Proposal& seen, v1::DecideRequest::Verdict verdict,
                              const std::string& reason = "looked at it") {
    v1::DecideRequest request;
    request.add_ids(seen.id());
    request.add_digests(seen.digest());
    request.set_verdict(verdict);
    request.set_reason(reason);
    return request;
  }
  Answer<v1::AddBlockResponse> Propose(const Person& person, std::chrono::seconds lifetime) {
    v1::AddBlockRequest add;
    add.set_indicator("evil.example");
    add.set_reason("a user's report");
    add.mutable_lifetime()->set_seconds(lifetime.count());
    return As<v1::AddBlockResponse>(person, "Blocks/AddBlock", add);
  }
  void TakeTheRightFrom(const Person& person) {
    v1::SetRoleRequest role;
    role.set_name(person.name);
    role.set_role("viewer");
    EXPECT_TRUE(Call<v1::SetRoleResponse>("Accounts/SetRole", role, "admin-token").status.ok());
    v1::RevokeTokenRequest revoke;
    revoke.set_id(person.token.token().id());
    EXPECT_TRUE(
        Call<v1::RevokeTokenResponse>("Accounts/RevokeToken", revoke, "admin-token").status.ok());
  }

  // The typed detail of an ABORTED answer: in gRPC's trailer, or in Connect's JSON.
  static v1::DecisionConflict ConflictOf(const grpc::Status& status) {
    v1::DecisionConflict conflict;
    if (GetParam() == Door::grpc) {
      EXPECT_TRUE(proto::FindDetail(status, conflict));
      return conflict;
    }
    const auto json = nlohmann::json::parse(status.error_message(), nullptr, false);
    const auto& detail = json["details"][0];
    EXPECT_EQ(detail["type"], "sekisho.v1.DecisionConflict");
    auto value = detail["value"].get<std::string>();
    value.append((4 - value.size() % 4) % 4, '=');
    EXPECT_TRUE(conflict.ParseFromString(platform::FromBase64(value).value()));
    EXPECT_EQ(detail["debug"]["now"]["indicator"], conflict.now().indicator());
    return conflict;
  }
  static std::map<std::string, std::string> ChangesOf(const v1::DecisionConflict& conflict) {
    std::map<std::string, std::string> changes;
    for (const auto& change : conflict.changes()) {
      changes[change.field()] = change.before() + " -> " + change.after();
    }
    return changes;
  }
};

// A session has all of its role: only tokens have scopes.
class ScopeDoorsTest : public DoorsTest {};

TEST_P(DoorsTest, Z1_NobodyApprovesTheirOwn) {
  const auto ann = Join("ann");
  const auto proposal = Propose(ann, std::chrono::hours(24)).body.proposal();
  EXPECT_EQ(proposal.proposed_by(), "ann");
  const auto own = Decide(ann, On(proposal, v1::DecideRequest::VERDICT_APPROVE));
  ASSERT_TRUE(own.status.ok()) << own.status.error_message();
  EXPECT_EQ(own.body.decided(), 0U);
  ASSERT_EQ(own.body.refused_size(), 1);
  EXPECT_NE(own.body.refused(0).reason().find("nobody approves what they proposed"),
            std::string::npos);
  EXPECT_EQ(Published("dns"), "");
  EXPECT_EQ(Decide(Join("ben"), On(proposal, v1::DecideRequest::VERDICT_APPROVE)).body.decided(),
            1U);
}

TEST_P(DoorsTest, Z2_OnePersonCountsOnceAndNotWithoutTheRight) {
  TakeFeed({"ip 198.18.0.0/20"});
  const auto ann = Join("ann");
  EXPECT_EQ(Decide(ann, Approval("kind:ip")).body.awaiting(), 1U);
  EXPECT_EQ(Decide(ann, Approval("kind:ip")).body.awaiting(), 1U) << "the same person twice";
  TakeTheRightFrom(ann);
  EXPECT_EQ(Proposals().proposals(0).votes_size(), 0);
  EXPECT_EQ(Decide(Join("ben"), Approval("kind:ip")).body.awaiting(), 1U);
  EXPECT_EQ(Decide(Join("cat"), Approval("kind:ip")).body.decided(), 1U);
}

TEST_P(DoorsTest, Z3_AChangeAfterItWasSeenIsAConflictThatTellsWhatChanged) {
  const auto ann = Join("ann");
  const auto seen = Propose(ann, std::chrono::hours(24)).body.proposal();
  Propose(ann, std::chrono::hours(48));
  const auto late = Decide(Join("ben"), On(seen, v1::DecideRequest::VERDICT_APPROVE));
  EXPECT_EQ(late.status.error_code(), Code::ABORTED);
  const auto conflict = ConflictOf(late.status);
  EXPECT_EQ(conflict.decided_by_size(), 0) << "it is pending still";
  EXPECT_EQ(ChangesOf(conflict), (std::map<std::string, std::string>{{"lifetime", "1d -> 2d"}}));
  EXPECT_EQ(Published("dns"), "");
}

TEST_P(DoorsTest, Z4_WhoeverIsDisabledIsDeniedTheNextCall) {
  const auto ann = Join("ann");
  const v1::ListProposalsRequest list;
  ASSERT_TRUE(As<v1::ListProposalsResponse>(ann, "Queue/ListProposals", list).status.ok());
  v1::SetDisabledRequest disable;
  disable.set_name("ann");
  disable.set_disabled(true);
  ASSERT_TRUE(
      Call<v1::SetDisabledResponse>("Accounts/SetDisabled", disable, "admin-token").status.ok());
  EXPECT_EQ(As<v1::ListProposalsResponse>(ann, "Queue/ListProposals", list).status.error_code(),
            Code::UNAUTHENTICATED);
}

TEST_P(DoorsTest, Z5_ACookieCountsOnlyWhereThePageItselfCalls) {
  const auto ann = Join("ann");
  const platform::HttpHeader cookie{"Cookie", "sekisho=" + ann.session};
  switch (GetParam()) {
    case Door::grpc:
      EXPECT_EQ(CallRaw(channel_, "/sekisho.v1.Queue/ListProposals", "", "").status.error_code(),
                Code::UNAUTHENTICATED);
      break;
    case Door::cookie:
      EXPECT_EQ(
          Post("Queue/ListProposals", "{}", {cookie, {"Origin", "https://evil.example"}}).status,
          403);
      EXPECT_EQ(Post("Queue/ListProposals", "{}", BrowserHeaders(ann.session), "text/plain").status,
                415);
      break;
    case Door::token:
      // A good cookie does not make good a bad token.
      EXPECT_EQ(
          Post("Queue/ListProposals", "{}", {cookie, {"Authorization", "Bearer wrong"}}).status,
          401);
      break;
  }
}

TEST_P(DoorsTest, Z6_TheSecretOfOneDoorOpensNoOther) {
  auto ann = Join("ann");
  std::swap(ann.session, *ann.token.mutable_secret());
  const auto answer =
      As<v1::ListProposalsResponse>(ann, "Queue/ListProposals", v1::ListProposalsRequest());
  EXPECT_EQ(answer.status.error_code(), Code::UNAUTHENTICATED);
}

TEST_P(ScopeDoorsTest, Z7_AScopedTokenOpensWhatItIsForAndNothingElse) {
  Person ann{"ann", "", {}};
  v1::CreateTokenRequest create;
  create.set_name("ann");
  create.set_role("approver");
  create.add_scope("Queue/ListProposals");
  create.add_scope("Releases");
  const auto created = Call<v1::CreateTokenResponse>("Accounts/CreateToken", create, "admin-token");
  ASSERT_TRUE(created.status.ok()) << created.status.error_message();
  ann.token = created.body;
  EXPECT_EQ(ann.token.token().scope(), "Queue/ListProposals Releases");
  for (const Access& access : AccessTable()) {
    if (access.use != Access::For::everywhere || !access.roles.Has(Role::approver)) continue;
    const std::string method(access.method.substr(std::string_view("/sekisho.v1.").size()));
    const auto status = As<v1::LogOutResponse>(ann, method, v1::LogOutRequest()).status;
    const bool is_of_it = method == "Queue/ListProposals" || method.starts_with("Releases/");
    EXPECT_EQ(status.error_code() != Code::PERMISSION_DENIED, is_of_it)
        << method << ": " << status.error_message();
  }
}

TEST_P(ScopeDoorsTest, WhatAScopeMayNameIsTold) {
  const auto listed =
      Call<v1::ListTokensResponse>("Accounts/ListTokens", v1::ListTokensRequest(), "auditor-token");
  ASSERT_TRUE(listed.status.ok()) << listed.status.error_message();
  EXPECT_EQ(listed.body.roles_size(), 6) << "all but exporters, who come by certificate";
  v1::CreateTokenRequest create;
  for (const v1::TokenRole& role : listed.body.roles()) {
    for (const std::string& method : role.methods()) {
      create.set_name("script");
      create.set_role(role.name());
      *create.mutable_scope()->Add() = method;
    }
    const auto created =
        Call<v1::CreateTokenResponse>("Accounts/CreateToken", create, "admin-token");
    EXPECT_TRUE(created.status.ok()) << role.name() << ": " << created.status.error_message();
    create.Clear();
  }
}

TEST_P(ScopeDoorsTest, Z7_AScopedTokenMakesNobodyWhoHasNoScope) {
  Person script{"script", "", {}};
  v1::CreateTokenRequest create;
  create.set_name("script");
  create.set_role("admin");
  create.add_scope("Accounts");
  script.token = Call<v1::CreateTokenResponse>("Accounts/CreateToken", create, "admin-token").body;
  create.set_name("other");
  create.set_role("senior_approver");
  create.clear_scope();
  EXPECT_EQ(As<v1::CreateTokenResponse>(script, "Accounts/CreateToken", create).status.error_code(),
            Code::PERMISSION_DENIED);
  v1::InviteRequest invite;
  invite.set_name("other");
  invite.set_role("senior_approver");
  EXPECT_EQ(As<v1::InviteResponse>(script, "Accounts/Invite", invite).status.error_code(),
            Code::PERMISSION_DENIED);
}

TEST_P(ScopeDoorsTest, Z7_ATokenForAFeedSpeaksForNoOther) {
  Person script{"script", "", {}};
  v1::CreateTokenRequest create;
  create.set_name("script");
  create.set_role("analyst");
  create.add_scope("feed:desk");
  script.token = Call<v1::CreateTokenResponse>("Accounts/CreateToken", create, "admin-token").body;
  v1::ObserveRequest observe;
  observe.add_observations()->set_indicator("evil.example");
  for (const char* feed : {"desk", "sensors"}) {
    observe.set_feed(feed);
    observe.set_request_id(feed);
    const auto status = As<v1::ObserveResponse>(script, "Feeds/Observe", observe).status;
    EXPECT_EQ(status.error_code(), std::string(feed) == "desk" ? Code::OK : Code::PERMISSION_DENIED)
        << feed << ": " << status.error_message();
  }
  EXPECT_EQ(As<v1::ListProposalsResponse>(script, "Queue/ListProposals", v1::ListProposalsRequest())
                .status.error_code(),
            Code::PERMISSION_DENIED);
}

TEST_P(DoorsTest, Z8_NothingIsPublishedByAnyCallButAnApproval) {
  TakeFeed({"domain evil.example"});
  const auto ann = Join("ann", "senior_approver");
  for (const Access& access : AccessTable()) {
    if (access.method.ends_with("LogOut")) continue;
    const std::string method(access.method.substr(std::string_view("/sekisho.v1.").size()));
    // Empty requests, which is what LogOutRequest is.
    if (access.use == Access::For::everywhere) {
      As<v1::LogOutResponse>(ann, method, v1::LogOutRequest());
    }
  }
  engine_->Settle();
  EXPECT_EQ(Published("dns"), "");
  EXPECT_EQ(Decide(ann, Approval("kind:domain")).body.decided(), 1U);
  EXPECT_EQ(Published("dns"), "domain evil.example\n");
}

TEST_P(DoorsTest, Z9_OfTwoOppositeDecisionsOneWinsAndTheOtherIsToldTheDifference) {
  TakeFeed({"domain evil.example"});
  const auto seen = Proposals().proposals(0);
  const auto ann = Join("ann");
  const auto ben = Join("ben");
  auto first = On(seen, v1::DecideRequest::VERDICT_APPROVE, "in our logs, ticket 7");
  first.mutable_lifetime()->set_seconds(3 * 86'400);
  ASSERT_EQ(Decide(ann, first).body.decided(), 1U);

  const auto late = Decide(ben, On(seen, v1::DecideRequest::VERDICT_REJECT, "our own site"));
  EXPECT_EQ(late.status.error_code(), Code::ABORTED);
  EXPECT_EQ(Published("dns"), "domain evil.example\n") << "the first one holds";
  const auto conflict = ConflictOf(late.status);
  ASSERT_EQ(conflict.decided_by_size(), 1);
  EXPECT_EQ(conflict.decided_by(0), "ann");
  EXPECT_EQ(conflict.reason(), "in our logs, ticket 7");
  EXPECT_EQ(conflict.decided_at().seconds(), clock_.Now().time_since_epoch().count());
  EXPECT_EQ(conflict.now().state(), "approved");
  EXPECT_EQ(conflict.now().votes_size(), 1);
  EXPECT_EQ(ChangesOf(conflict), (std::map<std::string, std::string>{
                                     {"state", "pending -> approved"}, {"lifetime", "1w -> 3d"}}));
}

TEST_P(DoorsTest, Z9_TheOtherWayRoundToo) {
  TakeFeed({"domain evil.example"});
  const auto seen = Proposals().proposals(0);
  ASSERT_EQ(Decide(Join("ann"), On(seen, v1::DecideRequest::VERDICT_REJECT, "our own site"))
                .body.decided(),
            1U);
  const auto late = Decide(Join("ben"), On(seen, v1::DecideRequest::VERDICT_APPROVE));
  EXPECT_EQ(late.status.error_code(), Code::ABORTED);
  EXPECT_NE(late.status.error_message().find("already rejected, by ann"), std::string::npos)
      << late.status.error_message();
  EXPECT_EQ(ConflictOf(late.status).reason(), "our own site");
  EXPECT_EQ(Published("dns"), "");
}

TEST_P(DoorsTest, Z9_OfManyTheOthersAreDecidedAndTheRefusalTellsTheDifference) {
  TakeFeed(Domains(3));
  const auto seen = Proposals();
  ASSERT_EQ(
      Decide(Join("ann"), On(seen.proposals(0), v1::DecideRequest::VERDICT_REJECT)).body.decided(),
      1U);
  v1::DecideRequest all;
  for (const auto& proposal : seen.proposals()) {
    all.add_ids(proposal.id());
    all.add_digests(proposal.digest());
  }
  all.set_verdict(v1::DecideRequest::VERDICT_APPROVE);
  all.set_reason("seen");
  const auto answer = Decide(Join("ben"), all);
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_EQ(answer.body.decided(), 2U);
  ASSERT_EQ(answer.body.refused_size(), 1);
  ASSERT_EQ(answer.body.refused(0).conflict().decided_by_size(), 1);
  EXPECT_EQ(answer.body.refused(0).conflict().decided_by(0), "ann");
}

TEST_P(DoorsTest, Z10_AnEmergencyWorksAtOnceAndAnotherHasToReviewIt) {
  const auto sam = Join("sam", "senior_approver");
  v1::BlockNowRequest block;
  block.add_indicators("evil.example");
  block.set_reason("ransomware calls home");
  const auto blocked = As<v1::EmergencyResponse>(sam, "Emergencies/BlockNow", block);
  ASSERT_TRUE(blocked.status.ok()) << blocked.status.error_message();
  EXPECT_EQ(Published("dns"), "domain evil.example\n");
  v1::ReviewRequest review;
  review.set_id(blocked.body.emergencies(0).id());
  review.set_verdict(v1::ReviewRequest::VERDICT_CONFIRM);
  review.set_reason("looked into it");
  EXPECT_EQ(As<v1::EmergencyResponse>(sam, "Emergencies/Review", review).status.error_code(),
            Code::PERMISSION_DENIED);
  const auto open = As<v1::ListEmergenciesResponse>(sam, "Emergencies/ListEmergencies",
                                                    v1::ListEmergenciesRequest());
  EXPECT_EQ(open.body.emergencies_size(), 1) << "everybody sees that one is due";
  EXPECT_TRUE(
      As<v1::EmergencyResponse>(Join("senta", "senior_approver"), "Emergencies/Review", review)
          .status.ok());
}

TEST_P(DoorsTest, I9_MarkupOfFeedsIsTextAndNothingTakesItForAPage) {
  const std::string markup = "<img src=x onerror=alert(1)>\u202Etxt.exe";
  auto snapshot = std::make_shared<feeds::FeedSnapshot>();
  snapshot->observations.push_back({.indicator = policy::ParseLine("domain evil.example").value(),
                                    .first_seen = clock_.Now(),
                                    .last_seen = clock_.Now(),
                                    .malware = markup});
  Take(feeds::SourceKind::feed, "urlhaus", std::shared_ptr<const feeds::FeedSnapshot>(snapshot));
  const auto ann = Join("ann");
  const auto listed =
      As<v1::ListProposalsResponse>(ann, "Queue/ListProposals", v1::ListProposalsRequest());
  ASSERT_EQ(listed.body.proposals_size(), 1);
  EXPECT_EQ(listed.body.proposals(0).sources(0).malware(), markup) << "as it came, and no more";
  EXPECT_EQ(listed.body.proposals(0).defanged(), "evil[.]example");
  if (GetParam() == Door::grpc) return;
  const auto answer = GetParam() == Door::cookie
                          ? Post("Queue/ListProposals", "{}", BrowserHeaders(ann.session))
                          : Post("Queue/ListProposals", "{}", Bearer(ann.token.secret()));
  EXPECT_EQ(HeaderOf(answer, "content-type"), "application/json");
  EXPECT_EQ(HeaderOf(answer, "x-content-type-options"), "nosniff");
  EXPECT_NE(HeaderOf(answer, "content-security-policy").find("default-src 'none'"),
            std::string::npos);
}

std::string NameOf(const ::testing::TestParamInfo<Door>& info) {
  switch (info.param) {
    case Door::grpc: return "Grpc";
    case Door::cookie: return "ConnectByCookie";
    default: return "ConnectByToken";
  }
}

INSTANTIATE_TEST_SUITE_P(Every, DoorsTest, ::testing::Values(Door::grpc, Door::cookie, Door::token),
                         NameOf);
INSTANTIATE_TEST_SUITE_P(OfTokens, ScopeDoorsTest, ::testing::Values(Door::grpc, Door::token),
                         NameOf);

}  // namespace
}  // namespace agent::api::testing
