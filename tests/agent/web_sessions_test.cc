// Accounts, sessions and tokens, through the real doors.
#include <gtest/gtest.h>

#include <string>

#include "agent/people/one_time_code.h"
#include "platform/encoding.h"
#include "sekisho/v1/rules.pb.h"
#include "tests/agent/web_fixture.h"

namespace agent::api {
namespace {

using grpc::StatusCode;
using testing::Headers;
namespace v1 = sekisho::v1;

std::string FromBase32(std::string_view text) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string bytes;
  unsigned held = 0;
  int bits = 0;
  for (const char c : text) {
    held = (held << 5U) | static_cast<unsigned>(digits.find(c));
    bits += 5;
    if (bits >= 8) bytes += static_cast<char>((held >> static_cast<unsigned>(bits -= 8)) & 0xffU);
  }
  return bytes;
}

class SessionsTest : public testing::WebFixture {
 protected:
  StatusCode DecideBySession(const std::string& session, const std::string& filter) {
    return Browse<v1::DecideResponse>("Queue/Decide", Approval(filter), session)
        .status.error_code();
  }
  StatusCode SetRole(const std::string& name, const std::string& role) {
    v1::SetRoleRequest request;
    request.set_name(name);
    request.set_role(role);
    return Call<v1::SetRoleResponse>("Accounts/SetRole", request, "admin-token")
        .status.error_code();
  }
  StatusCode SetDisabled(const std::string& name, bool disabled) {
    v1::SetDisabledRequest request;
    request.set_name(name);
    request.set_disabled(disabled);
    return Call<v1::SetDisabledResponse>("Accounts/SetDisabled", request, "admin-token")
        .status.error_code();
  }
  v1::CreateTokenResponse CreateToken(const std::string& name, const std::string& role,
                                      const std::vector<std::string>& scope = {}) {
    v1::CreateTokenRequest request;
    request.set_name(name);
    request.set_role(role);
    request.mutable_scope()->Assign(scope.begin(), scope.end());
    return Call<v1::CreateTokenResponse>("Accounts/CreateToken", request, "admin-token").body;
  }
  void Revoke(const v1::CreateTokenResponse& token) {
    v1::RevokeTokenRequest request;
    request.set_id(token.token().id());
    Call<v1::RevokeTokenResponse>("Accounts/RevokeToken", request, "admin-token");
  }
};

TEST_F(SessionsTest, TheFirstInvitationMakesAnAdminOnce) {
  v1::RedeemRequest redeem;
  redeem.set_token(people_->FirstInvitation());
  redeem.set_name("root@example.org");
  redeem.set_password("a first password of words");
  const auto first = Browse<v1::LogInResponse>("Sessions/Redeem", redeem);
  ASSERT_TRUE(first.status.ok()) << first.status.error_message();
  EXPECT_EQ(first.body.session().role(), "admin");
  EXPECT_EQ(people_->FirstInvitation(), "");
  redeem.set_name("second");
  EXPECT_EQ(Browse<v1::LogInResponse>("Sessions/Redeem", redeem).status.error_code(),
            StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(EntriesOf("account.create").size(), 1U);
}

TEST_F(SessionsTest, AnInvitationIsForOneNameOnceAndNotForEver) {
  v1::InviteRequest invite;
  invite.set_name("dave");
  invite.set_role("approver");
  const auto invited = Call<v1::InviteResponse>("Accounts/Invite", invite, "admin-token").body;
  EXPECT_EQ(invited.link(), "https://sekisho.test/invitation#" + invited.token());
  v1::RedeemRequest redeem;
  redeem.set_token(invited.token());
  redeem.set_password("battery staple of words");
  const auto code = [&] {
    return Browse<v1::LogInResponse>("Sessions/Redeem", redeem).status.error_code();
  };
  redeem.set_name("mallory");
  EXPECT_EQ(code(), StatusCode::UNAUTHENTICATED);
  redeem.set_name("dave");
  redeem.set_password("short");
  EXPECT_EQ(code(), StatusCode::INVALID_ARGUMENT);
  redeem.set_password("battery staple of words");
  clock_.Advance(std::chrono::hours(24 * 3));
  EXPECT_EQ(code(), StatusCode::UNAUTHENTICATED) << "it has expired";
  invite.set_role("");
  redeem.set_token(Call<v1::InviteResponse>("Accounts/Invite", invite, "admin-token").body.token());
  EXPECT_EQ(code(), StatusCode::OK);
  EXPECT_EQ(code(), StatusCode::UNAUTHENTICATED) << "it was used";
}

TEST_F(SessionsTest, ASessionOpensWhatItsRoleMayAndTellsThePageSo) {
  TakeFeed(Domains(1));
  const auto dave = Enrol("dave", "approver");
  const auto session =
      Browse<v1::GetSessionResponse>("Sessions/GetSession", v1::GetSessionRequest(), dave);
  ASSERT_TRUE(session.status.ok());
  EXPECT_EQ(session.body.session().name(), "dave");
  const auto& methods = session.body.session().methods();
  EXPECT_NE(std::find(methods.begin(), methods.end(), "/sekisho.v1.Queue/Decide"), methods.end());
  EXPECT_EQ(std::find(methods.begin(), methods.end(), "/sekisho.v1.Accounts/Invite"),
            methods.end());
  EXPECT_EQ(DecideBySession(dave, "kind:domain"), StatusCode::OK);
  EXPECT_EQ(DecideBySession(Enrol("vera", "viewer"), "kind:domain"), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(DecideBySession("", "kind:domain"), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(DecideBySession("made-up", "kind:domain"), StatusCode::UNAUTHENTICATED);
}

TEST_F(SessionsTest, Z7_EveryMethodIsOpenToExactlyTheRolesOfTheTableThroughBothWebKeys) {
  std::map<Role, std::string> sessions;
  for (const Role role : people::all_roles) {
    if (role != Role::exporter) {
      sessions[role] =
          Enrol("s-" + std::to_string(static_cast<int>(role)), std::string(Name(role)));
    }
  }
  for (const Access& access : AccessTable()) {
    if (access.use == Access::For::strangers || access.method.ends_with("LogOut") ||
        access.method.starts_with("/sekisho.v1.Enforcement/")) {
      continue;
    }
    const std::string method(access.method.substr(std::string_view("/sekisho.v1.").size()));
    for (const Role role : people::all_roles) {
      const std::string token = std::string(Name(role)) + "-token";
      const auto by_token = Post(method, "{}", Bearer(token));
      EXPECT_EQ(by_token.status != 403, access.roles.Has(role)) << Name(role) << " " << method;
      if (role == Role::exporter) continue;
      const auto by_session = Post(method, "{}", BrowserHeaders(sessions[role]));
      EXPECT_EQ(by_session.status != 403, access.roles.Has(role))
          << Name(role) << " " << method << " " << by_session.body;
    }
    EXPECT_EQ(Post(method, "{}", BrowserHeaders("")).status, 401) << method;
    EXPECT_EQ(Post(method, "{}", Bearer("wrong")).status, 401) << method;
  }
}

TEST_F(SessionsTest, Z1_NobodyApprovesTheirOwnByAnotherKeyOfTheSameName) {
  const auto dave = Enrol("dave", "approver");
  const auto token = CreateToken("dave", "approver");
  v1::AddBlockRequest add;
  add.set_indicator("evil.example");
  add.set_reason("seen");
  ASSERT_TRUE(Browse<v1::AddBlockResponse>("Blocks/AddBlock", add, dave).status.ok());
  EXPECT_TRUE(LogIn("dave", PasswordOf("dave")).status.ok());
  for (const auto& refused :
       {Browse<v1::DecideResponse>("Queue/Decide", Approval("kind:domain"), dave),
        Browse<v1::DecideResponse>("Queue/Decide", Approval("kind:domain"), cookie_),
        Call<v1::DecideResponse>("Queue/Decide", Approval("kind:domain"), token.secret())}) {
    ASSERT_TRUE(refused.status.ok()) << refused.status.error_message();
    EXPECT_EQ(refused.body.decided(), 0U);
    EXPECT_EQ(refused.body.refused_size(), 1);
  }
  EXPECT_EQ(Approve("kind:domain").decided(), 1U);
}

TEST_F(SessionsTest, Z2_AVoteIsVoidOnceTheVotersRoleChanges) {
  TakeFeed({"ip 198.18.0.0/20"});
  ASSERT_EQ(Proposals().proposals(0).approvers_needed(), 2);
  for (const bool by_disabling : {false, true}) {
    const std::string name = by_disabling ? "dora" : "dave";
    EXPECT_EQ(
        Browse<v1::DecideResponse>("Queue/Decide", Approval("kind:ip"), Enrol(name, "approver"))
            .body.awaiting(),
        1U);
    EXPECT_EQ(Proposals().proposals(0).votes_size(), 1);
    EXPECT_EQ(by_disabling ? SetDisabled(name, true) : SetRole(name, "viewer"), StatusCode::OK);
    EXPECT_EQ(Proposals().proposals(0).votes_size(), 0);
    // Being an approver again does not bring it back.
    EXPECT_EQ(by_disabling ? SetDisabled(name, false) : SetRole(name, "approver"), StatusCode::OK);
    EXPECT_EQ(Proposals().proposals(0).votes_size(), 0);
  }
  EXPECT_EQ(Approve("kind:ip").awaiting(), 1U) << "one person's vote is not two";
  EXPECT_EQ(EntriesOf("votes.void").size(), 2U);
  EXPECT_EQ(Approve("kind:ip").awaiting(), 1U) << "nor is the same person's, twice";
}

TEST_F(SessionsTest, Z2_VotesOfThoseWhomTheConfigurationNoLongerNamesAreVoidAfterARestart) {
  TakeFeed({"ip 198.18.0.0/20"});
  EXPECT_EQ(Approve("kind:ip").awaiting(), 1U);
  const auto again = people::People::Open(
      *store_, [this](const auto& change) { return engine_->Write(change); }, {},
      {MayAct, [](const auto&) { return false; }}, clock_);
  ASSERT_TRUE(again);
  EXPECT_EQ(Proposals().proposals(0).votes_size(), 1);
  ASSERT_TRUE((*again)->VoidVotesOfStrangers());
  EXPECT_EQ(Proposals().proposals(0).votes_size(), 0);
}

TEST_F(SessionsTest, Z2_ATokenForSomethingElseKeepsNoVoteAlive) {
  TakeFeed({"ip 198.18.0.0/20"});
  const auto revoked = CreateToken("dora", "approver");
  const auto other = CreateToken("dora", "approver", {"Rules/ProposeRules"});
  EXPECT_EQ(Call<v1::DecideResponse>("Queue/Decide", Approval("kind:ip"), revoked.secret())
                .body.awaiting(),
            1U);
  v1::ProposeRulesRequest propose;
  propose.set_rules("policy: {version: \"2\", confidence_min: 60}\n");
  propose.set_reason("noise");
  ASSERT_TRUE(
      Call<v1::RuleChangeResponse>("Rules/ProposeRules", propose, other.secret()).status.ok());
  Revoke(revoked);
  EXPECT_EQ(Proposals().proposals(0).votes_size(), 0);
  const auto state = [&] { return store_->Read().value()->RuleChanges(1).value().front().state; };
  EXPECT_EQ(state(), store::RuleState::open) << "the other token may still propose rules";
  Revoke(other);
  EXPECT_EQ(state(), store::RuleState::rejected);
}

TEST_F(SessionsTest, Z2_AVoteByATokenThatIsForRenewalsAloneStands) {
  const auto renewals = people::TokenScope::From({"Blocks/RenewBlocks"}).value();
  EXPECT_TRUE(MayAct(people::Role::approver, renewals, store::OpenAct::vote));
  EXPECT_FALSE(MayAct(people::Role::viewer, renewals, store::OpenAct::vote));
  EXPECT_FALSE(MayAct(people::Role::approver, renewals, store::OpenAct::bulk));
}

TEST_F(SessionsTest, Z2_RulesOfAnAdminWhoIsNoneAnyMoreAreNotApproved) {
  const auto admin = CreateToken("emil", "admin");
  v1::ProposeRulesRequest propose;
  propose.set_rules("policy: {version: \"2\", confidence_min: 60}\n");
  propose.set_reason("noise");
  ASSERT_TRUE(
      Call<v1::RuleChangeResponse>("Rules/ProposeRules", propose, admin.secret()).status.ok());
  people_->Tick();
  const auto state = [&] { return store_->Read().value()->RuleChanges(1).value().front().state; };
  EXPECT_EQ(state(), store::RuleState::open);
  clock_.Advance(std::chrono::hours(24 * 90));
  people_->Tick();
  EXPECT_EQ(state(), store::RuleState::rejected) << "the token expired";
}

TEST_F(SessionsTest, Z2_AVoteDiesWithTheTokenThatItCameBy) {
  TakeFeed({"ip 198.18.0.0/20"});
  const auto vote = [&](const std::string& token) {
    return Call<v1::DecideResponse>("Queue/Decide", Approval("kind:ip"), token).body.awaiting();
  };
  const auto revoked = CreateToken("dora", "approver");
  EXPECT_EQ(vote(revoked.secret()), 1U);
  Revoke(revoked);
  EXPECT_EQ(Proposals().proposals(0).votes_size(), 0) << "revoked";

  people_->Tick();
  const auto expiring = CreateToken("emil", "approver");
  clock_.Advance(std::chrono::hours(24 * 90) - std::chrono::minutes(2));
  TakeFeed({"ip 198.18.0.0/20"});
  EXPECT_EQ(vote(expiring.secret()), 1U);
  people_->Tick();
  EXPECT_EQ(Proposals().proposals(0).votes_size(), 1);
  clock_.Advance(std::chrono::minutes(2));
  people_->Tick();
  EXPECT_EQ(Proposals().proposals(0).votes_size(), 0) << "expired";
}

TEST_F(SessionsTest, Z4_WhoeverIsDisabledOrRevokedIsDeniedTheNextCall) {
  const auto dave = Enrol("dave", "approver");
  const auto token = CreateToken("dave", "viewer");
  const v1::ListProposalsRequest list;
  const auto by_token = [&] {
    return Call<v1::ListProposalsResponse>("Queue/ListProposals", list, token.secret())
        .status.error_code();
  };
  EXPECT_EQ(by_token(), StatusCode::OK);
  EXPECT_EQ(SetDisabled("dave", true), StatusCode::OK);
  EXPECT_FALSE(IsOpen(dave));
  EXPECT_EQ(by_token(), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(LogIn("dave", PasswordOf("dave")).status.error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(SetDisabled("dave", false), StatusCode::OK);
  EXPECT_FALSE(IsOpen(dave)) << "the old session does not come back";
  EXPECT_EQ(by_token(), StatusCode::OK);
  v1::RevokeTokenRequest revoke;
  revoke.set_id(token.token().id());
  EXPECT_TRUE(
      Call<v1::RevokeTokenResponse>("Accounts/RevokeToken", revoke, "admin-token").status.ok());
  EXPECT_EQ(by_token(), StatusCode::UNAUTHENTICATED);
}

TEST_F(SessionsTest, Z4_ATokenEndsAtItsTime) {
  const auto token = CreateToken("script", "viewer");
  clock_.Advance(std::chrono::hours(24 * 90));
  EXPECT_EQ(Post("Queue/ListProposals", "{}", Bearer(token.secret())).status, 401);
}

TEST_F(SessionsTest, Z5_AForeignSiteCanNotUseTheCookie) {
  const auto dave = Enrol("dave", "approver");
  ASSERT_EQ(Post("Queue/ListProposals", "{}", BrowserHeaders(dave)).status, 200);
  const platform::HttpHeader cookie{"Cookie", "sekisho=" + dave};
  const platform::HttpHeader version{"Connect-Protocol-Version", "1"};
  const std::vector<Headers> forged{
      {cookie, version},
      {cookie, version, {"Origin", "https://evil.example"}},
      {cookie, version, {"Origin", "null"}},
      {cookie, version, {"Origin", origin_ + ".evil.example"}},
      {cookie, {"Origin", origin_}},
  };
  for (const Headers& headers : forged) {
    EXPECT_EQ(Post("Queue/ListProposals", "{}", headers).status, 403);
  }
  for (const char* type :
       {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data"}) {
    EXPECT_EQ(Post("Queue/ListProposals", "{}", BrowserHeaders(dave), type).status, 415);
  }
  EXPECT_EQ(Get("/sekisho.v1.Queue/ListProposals", BrowserHeaders(dave)).status, 405);
  // Nor can it log somebody in as somebody else.
  EXPECT_EQ(Post("Sessions/LogIn", "{}", {version, {"Origin", "https://evil.example"}}).status,
            403);
}

TEST_F(SessionsTest, Z6_LoggingInChangesTheSessionAndLoggingOutEndsIt) {
  const auto first = Enrol("dave", "approver");
  ASSERT_TRUE(LogIn("dave", PasswordOf("dave"), "", first).status.ok());
  const auto second = cookie_;
  EXPECT_NE(first, second);
  EXPECT_FALSE(IsOpen(first));
  EXPECT_TRUE(IsOpen(second));
  // A session that an attacker planted stays what it was: none.
  ASSERT_TRUE(LogIn("dave", PasswordOf("dave"), "", "planted").status.ok());
  EXPECT_FALSE(IsOpen("planted"));
  ASSERT_TRUE(Browse("Sessions/LogOut", v1::LogOutRequest(), second).status.ok());
  EXPECT_FALSE(IsOpen(second));
}

TEST_F(SessionsTest, Z6_ASessionEndsWhenIdleAndAtTheLatestAfterItsLifetime) {
  const auto idle = Enrol("dave", "approver");
  clock_.Advance(std::chrono::minutes(31));
  EXPECT_FALSE(IsOpen(idle));
  const auto busy = Enrol("dora", "approver");
  for (int i = 0; i < 36; ++i) {
    clock_.Advance(std::chrono::minutes(20));
    ASSERT_TRUE(IsOpen(busy)) << i;
    people_->Tick();
  }
  clock_.Advance(std::chrono::minutes(1));
  EXPECT_FALSE(IsOpen(busy)) << "twelve hours are over";
}

TEST_F(SessionsTest, Z6_WhatAPageCallsByItselfKeepsNoSessionAlive) {
  const auto idle = Enrol("dave", "approver");
  auto headers = BrowserHeaders(idle);
  headers.push_back({"Sekisho-Unattended", "1"});
  const auto watch = [&] { return Post("Queue/Watch", "{}", headers).status; };
  clock_.Advance(std::chrono::minutes(20));
  EXPECT_EQ(watch(), 200);
  clock_.Advance(std::chrono::minutes(20));
  EXPECT_EQ(watch(), 401);
}

TEST_F(SessionsTest, Z6_SessionsOutliveARestartAndTheirIdleTimeRunsOn) {
  const auto dave = Enrol("dave", "approver");
  clock_.Advance(std::chrono::minutes(20));
  ASSERT_TRUE(IsOpen(dave));
  people_->Tick();
  const auto open_again = [&] {
    return people::People::Open(
               *store_, [this](const auto& change) { return engine_->Write(change); }, {},
               {MayAct, [](const auto&) { return true; }}, clock_)
        .value();
  };
  clock_.Advance(std::chrono::minutes(20));
  EXPECT_TRUE(open_again()->Find(dave));
  clock_.Advance(std::chrono::minutes(11));
  EXPECT_FALSE(open_again()->Find(dave));
}

TEST_F(SessionsTest, ANewPasswordEndsTheOtherSessions) {
  const auto here = Enrol("dave", "approver");
  ASSERT_TRUE(LogIn("dave", PasswordOf("dave")).status.ok());
  const auto there = cookie_;
  v1::ChangePasswordRequest change;
  change.set_old_password("wrong wrong wrong");
  change.set_new_password("a new one of many words");
  EXPECT_EQ(Browse("Sessions/ChangePassword", change, here).status.error_code(),
            StatusCode::UNAUTHENTICATED);
  change.set_old_password(PasswordOf("dave"));
  EXPECT_TRUE(Browse("Sessions/ChangePassword", change, here).status.ok());
  EXPECT_TRUE(IsOpen(here));
  EXPECT_FALSE(IsOpen(there));
  EXPECT_FALSE(LogIn("dave", PasswordOf("dave")).status.ok());
  EXPECT_TRUE(LogIn("dave", "a new one of many words").status.ok());
}

TEST_F(SessionsTest, GuessingIsStoppedAndRecordedAndTellsNothing) {
  Enrol("dave", "approver");
  const auto wrong = LogIn("dave", "not the password");
  const auto nobody = LogIn("nobody", "not the password");
  EXPECT_EQ(wrong.status.error_message(), nobody.status.error_message());
  for (int i = 0; i < 4; ++i) LogIn("dave", "not the password");
  const auto stopped = LogIn("dave", PasswordOf("dave"));
  EXPECT_EQ(stopped.status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(EntriesOf("session.refuse").size(), 1U);
  clock_.Advance(std::chrono::minutes(16));
  EXPECT_TRUE(LogIn("dave", PasswordOf("dave")).status.ok());
}

TEST_F(SessionsTest, AWideApprovalWantsThePasswordAgainAndUntilThenNothingOfItIsDecided) {
  TakeFeed({"ip 198.51.100.23/32", "ip 198.18.0.0/20"});
  const auto dave = Enrol("dave", "approver");
  const auto approve = [&] {
    return Browse<v1::DecideResponse>("Queue/Decide", Approval("kind:ip"), dave);
  };
  clock_.Advance(std::chrono::minutes(11));
  const auto refused = approve().status;
  EXPECT_EQ(refused.error_code(), StatusCode::PERMISSION_DENIED);
  EXPECT_NE(refused.error_message().find(R"("message":"step-up required)"), std::string::npos)
      << refused.error_message();
  EXPECT_TRUE(EntriesOf("approve").empty());
  v1::StepUpRequest step_up;
  step_up.set_password("not the password");
  EXPECT_FALSE(Browse<v1::StepUpResponse>("Sessions/StepUp", step_up, dave).status.ok());
  step_up.set_password(PasswordOf("dave"));
  EXPECT_TRUE(Browse<v1::StepUpResponse>("Sessions/StepUp", step_up, dave).status.ok());
  const auto done = approve().body;
  EXPECT_EQ(done.decided(), 1U);
  EXPECT_EQ(done.awaiting(), 1U);
}

TEST_F(SessionsTest, OneTimeCodesAreAskedForOnceSetUpAndWorkOnce) {
  const auto dave = Enrol("dave", "approver");
  v1::SetUpOneTimeCodeRequest set_up;
  set_up.set_password(PasswordOf("dave"));
  const auto link =
      Browse<v1::SetUpOneTimeCodeResponse>("Sessions/SetUpOneTimeCode", set_up, dave).body.link();
  const auto at = link.find("secret=") + 7;
  const std::string secret = FromBase32(link.substr(at, link.find('&') - at));
  const auto code = [&] { return people::CodeOf(secret, people::StepAt(clock_.Now())); };
  v1::ConfirmOneTimeCodeRequest confirm;
  confirm.set_one_time_code("000000");
  EXPECT_FALSE(Browse("Sessions/ConfirmOneTimeCode", confirm, dave).status.ok());
  EXPECT_TRUE(LogIn("dave", PasswordOf("dave")).status.ok()) << "not confirmed, so not asked for";
  confirm.set_one_time_code(code());
  EXPECT_TRUE(Browse("Sessions/ConfirmOneTimeCode", confirm, dave).status.ok());
  const auto asked = LogIn("dave", PasswordOf("dave"));
  EXPECT_EQ(asked.status.error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_NE(asked.status.error_message().find("one-time code required"), std::string::npos);
  EXPECT_FALSE(LogIn("dave", PasswordOf("dave"), code()).status.ok()) << "used for confirming";
  clock_.Advance(std::chrono::seconds(30));
  EXPECT_TRUE(LogIn("dave", PasswordOf("dave"), code()).status.ok());
  EXPECT_FALSE(LogIn("dave", PasswordOf("dave"), code()).status.ok());
}

TEST_F(SessionsTest, NobodyChangesTheirOwnAccountAndEveryChangeIsInTheHistory) {
  const auto ada = Enrol("ada", "admin");
  Enrol("dave", "approver");
  v1::SetRoleRequest own;
  own.set_name("ada");
  own.set_role("approver");
  EXPECT_EQ(Browse("Accounts/SetRole", own, ada).status.error_code(),
            StatusCode::PERMISSION_DENIED);
  own.set_name("dave");
  own.set_role("auditor");
  EXPECT_TRUE(Browse("Accounts/SetRole", own, ada).status.ok());
  const auto entries = EntriesOf("account.role");
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_NE(entries[0].find("\"ada\""), std::string::npos) << entries[0];
  EXPECT_NE(entries[0].find("auditor"), std::string::npos) << entries[0];
  EXPECT_EQ(EntriesOf("account.invite").size(), 2U);
}

}  // namespace
}  // namespace agent::api
