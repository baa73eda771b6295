// Single sign-on through the web door: accounts, sessions, votes.
#include <gtest/gtest.h>

#include "agent/api/client_address.h"
#include "sekisho/v1/single_sign_on.pb.h"
#include "tests/agent/fake_oidc.h"
#include "tests/agent/web_fixture.h"

namespace agent::api {
namespace {

using grpc::StatusCode;
using nlohmann::json;
using oidc::testing::FakeProvider;
namespace v1 = sekisho::v1;

class WebSignOnTest : public testing::WebFixture {
 protected:
  oidc::SignOn* sign_on() override { return &sign_on_; }

  // A browser, which keeps what cookies it is given.
  struct Browser {
    std::string session;
    std::string sign_on;
  };
  template <class Response, class Request>
  testing::Answer<Response> Ask(Browser& browser, const std::string& method,
                                const Request& request) {
    testing::Headers headers = BrowserHeaders("");
    headers.push_back({"Cookie", "sekisho=" + browser.session});
    headers.push_back({"Cookie", "sekisho-sign-on=" + browser.sign_on});
    const auto answer =
        Post("SingleSignOn/" + method, request.SerializeAsString(), headers, "application/proto");
    for (const auto& header : answer.headers) {
      const std::string_view cookie = header.value;
      const auto value = [&](std::string_view start) {
        return std::string(cookie.substr(start.size(), cookie.find(';') - start.size()));
      };
      if (cookie.starts_with("sekisho=")) browser.session = value("sekisho=");
      if (cookie.starts_with("sekisho-sign-on=")) browser.sign_on = value("sekisho-sign-on=");
    }
    testing::Answer<Response> result{StatusOf(answer), {}};
    if (result.status.ok()) {
      EXPECT_TRUE(result.body.ParseFromString(answer.body));
    }
    return result;
  }
  testing::Answer<v1::FinishResponse> Finish(Browser& browser, const std::string& url) {
    const auto answer = provider_.Visit(url);
    v1::FinishRequest request;
    request.set_code(answer.code);
    request.set_state(answer.state);
    request.set_iss(answer.issuer);
    return Ask<v1::FinishResponse>(browser, "Finish", request);
  }
  testing::Answer<v1::FinishResponse> LogInElsewhere(Browser& browser) {
    const auto begun = Ask<v1::BeginResponse>(browser, "Begin", v1::BeginRequest());
    EXPECT_TRUE(begun.status.ok()) << begun.status.error_message();
    return Finish(browser, begun.body.url());
  }
  Browser LoggedIn() {
    Browser browser;
    const auto answer = LogInElsewhere(browser);
    EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
    return browser;
  }
  StatusCode See(const std::string& session) {
    return Browse<v1::ListProposalsResponse>("Queue/ListProposals", v1::ListProposalsRequest(),
                                             session)
        .status.error_code();
  }
  static policy::TimePoint At(const google::protobuf::Timestamp& time) {
    return policy::TimePoint(std::chrono::seconds(time.seconds()));
  }
  static oidc::Settings MakeSettings() {
    oidc::Settings settings;
    settings.provider.issuer = FakeProvider::issuer;
    settings.provider.client_id = "sekisho";
    settings.label = "Test SSO";
    settings.roles = {{"soc-approvers", people::Role::approver},
                      {"soc-readers", people::Role::viewer}};
    return settings;
  }

  FakeProvider provider_{clock_};
  oidc::SignOn sign_on_{MakeSettings(), "https://sekisho.test", provider_, clock_};
};

TEST_F(WebSignOnTest, OpensASessionOfTheRoleThatTheProviderGives) {
  Browser browser;
  const auto answer = LogInElsewhere(browser);
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_EQ(answer.body.session().name(), "jane@example.org");
  EXPECT_EQ(answer.body.session().role(), "approver");
  EXPECT_FALSE(answer.body.is_step_up());
  EXPECT_EQ(browser.sign_on, "") << "it has served";
  EXPECT_EQ(See(browser.session), StatusCode::OK);
  EXPECT_EQ(people_->FirstInvitation(), "");
  const auto provider =
      Ask<v1::GetProviderResponse>(browser, "GetProvider", v1::GetProviderRequest()).body;
  EXPECT_EQ(provider.label(), "Test SSO");
  EXPECT_TRUE(provider.is_of_session());
  EXPECT_EQ(Entries("account.create").size(), 1U);
  EXPECT_EQ(Entries("secret-access").size(), 0U);
}

TEST_F(WebSignOnTest, TheAccountStaysTheSamePersonsWhateverTheProviderCallsThem) {
  LoggedIn();
  provider_.person["preferred_username"] = "alice";
  Browser browser;
  EXPECT_EQ(LogInElsewhere(browser).body.session().name(), "jane@example.org");
  // Another person by the same name is not let into that account.
  provider_.person = {
      {"sub", "other"}, {"preferred_username", "jane@example.org"}, {"groups", {"soc-approvers"}}};
  Browser other;
  EXPECT_EQ(LogInElsewhere(other).status.error_code(), StatusCode::ABORTED);
  EXPECT_EQ(other.session, "");
}

TEST_F(WebSignOnTest, NobodyTakesOverALocalAccountOrALocalNameOfTheAgents) {
  Enrol("dave", "approver");
  for (const auto& [name, code] :
       std::vector<std::pair<std::string, StatusCode>>{{"dave", StatusCode::ABORTED},
                                                       {"agent", StatusCode::PERMISSION_DENIED},
                                                       {"a,b", StatusCode::PERMISSION_DENIED},
                                                       {"", StatusCode::PERMISSION_DENIED}}) {
    provider_.person["preferred_username"] = name;
    Browser browser;
    EXPECT_EQ(LogInElsewhere(browser).status.error_code(), code) << name;
    EXPECT_EQ(browser.session, "");
  }
}

TEST_F(WebSignOnTest, WhoHasNoRoleHasNoAccessAndLosesWhatTheyHad) {
  TakeFeed({"ip 198.18.0.0/20"});
  const auto jane = LoggedIn();
  const auto vote =
      Browse<v1::DecideResponse>("Queue/Decide", Approval("kind:ip"), jane.session).body;
  ASSERT_EQ(vote.awaiting(), 1U);
  provider_.person["groups"] = {"staff"};
  Browser again;
  const auto refused = LogInElsewhere(again);
  EXPECT_EQ(refused.status.error_code(), StatusCode::PERMISSION_DENIED);
  EXPECT_NE(refused.status.error_message().find("oidc.roles"), std::string::npos);
  EXPECT_EQ(See(jane.session), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(Proposals().proposals(0).votes_size(), 0) << "the vote is void";
  Browser stranger;
  provider_.person["sub"] = "stranger";
  provider_.person["preferred_username"] = "stranger";
  EXPECT_EQ(LogInElsewhere(stranger).status.error_code(), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(people_->Accounts().size(), 1U) << "nobody was added";
}

TEST_F(WebSignOnTest, TheRoleIsTakenAnewAtEachLogInAndIsNobodyElsesToGive) {
  const auto jane = LoggedIn();
  provider_.person["groups"] = {"soc-readers"};
  Browser again;
  EXPECT_EQ(LogInElsewhere(again).body.session().role(), "viewer");
  EXPECT_EQ(See(jane.session), StatusCode::UNAUTHENTICATED) << "opened with the old role";
  v1::SetRoleRequest role;
  role.set_name("jane@example.org");
  role.set_role("approver");
  EXPECT_EQ(Call<v1::SetRoleResponse>("Accounts/SetRole", role, "admin-token").status.error_code(),
            StatusCode::PERMISSION_DENIED);
  v1::InviteRequest invite;
  invite.set_name("jane@example.org");
  EXPECT_EQ(Call<v1::InviteResponse>("Accounts/Invite", invite, "admin-token").status.error_code(),
            StatusCode::ABORTED)
      << "that would give it a password";
}

TEST_F(WebSignOnTest, Z4_SessionsEndWhenTheAccountIsDisabledAndNoNewOneBegins) {
  const auto jane = LoggedIn();
  v1::SetDisabledRequest request;
  request.set_name("jane@example.org");
  request.set_disabled(true);
  ASSERT_TRUE(
      Call<v1::SetDisabledResponse>("Accounts/SetDisabled", request, "admin-token").status.ok());
  EXPECT_EQ(See(jane.session), StatusCode::UNAUTHENTICATED);
  Browser again;
  EXPECT_EQ(LogInElsewhere(again).status.error_code(), StatusCode::UNAUTHENTICATED);
}

TEST_F(WebSignOnTest, Z1_NobodyApprovesTheirOwnByATokenOfTheSameName) {
  const auto jane = LoggedIn();
  v1::CreateTokenRequest create;
  create.set_name("jane@example.org");
  create.set_role("approver");
  const auto token = Call<v1::CreateTokenResponse>("Accounts/CreateToken", create, "admin-token");
  v1::AddBlockRequest add;
  add.set_indicator("evil.example");
  add.set_reason("seen");
  ASSERT_TRUE(Browse<v1::AddBlockResponse>("Blocks/AddBlock", add, jane.session).status.ok());
  EXPECT_EQ(Approve("kind:domain", token.body.secret()).decided(), 0U);
  EXPECT_EQ(Approve("kind:domain").decided(), 1U);
}

TEST_F(WebSignOnTest, ConfirmsTheSessionAtTheProviderAndByThatPersonOnly) {
  auto jane = LoggedIn();
  const auto confirm = [&] {
    const auto begun = Ask<v1::BeginResponse>(jane, "BeginStepUp", v1::BeginStepUpRequest());
    EXPECT_TRUE(begun.status.ok()) << begun.status.error_message();
    return Finish(jane, begun.body.url());
  };
  clock_.Advance(std::chrono::minutes(11));
  const auto confirmed = confirm();
  ASSERT_TRUE(confirmed.status.ok()) << confirmed.status.error_message();
  EXPECT_TRUE(confirmed.body.is_step_up());
  EXPECT_EQ(At(confirmed.body.session().stepped_up_until()),
            clock_.Now() + std::chrono::minutes(10));
  provider_.person["sub"] = "colleague";
  EXPECT_EQ(confirm().status.error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(See(jane.session), StatusCode::OK) << "the session stays as it was";
  v1::StepUpRequest password;
  EXPECT_EQ(Browse<v1::StepUpResponse>("Sessions/StepUp", password, jane.session).status.ok(),
            false)
      << "there is no password";
  Browser nobody;
  EXPECT_EQ(
      Ask<v1::BeginResponse>(nobody, "BeginStepUp", v1::BeginStepUpRequest()).status.error_code(),
      StatusCode::UNAUTHENTICATED);
}

TEST_F(WebSignOnTest, ALogInThatTheProviderRemembersDoesNotConfirm) {
  const auto old = clock_.Now() - std::chrono::hours(1);
  provider_.alter = [&](json& claims) { claims["auth_time"] = old.time_since_epoch().count(); };
  Browser browser;
  const auto session = LogInElsewhere(browser).body.session();
  EXPECT_LT(At(session.stepped_up_until()), clock_.Now());
}

using WithoutProviderTest = testing::WebFixture;

TEST_F(WithoutProviderTest, ThereIsNothingToBegin) {
  EXPECT_EQ(Browse<v1::GetProviderResponse>("SingleSignOn/GetProvider", v1::GetProviderRequest())
                .body.label(),
            "");
  for (const char* method : {"Begin", "Finish"}) {
    EXPECT_EQ(Post("SingleSignOn/" + std::string(method), "{}", BrowserHeaders("")).status, 404);
  }
}

std::string AddressOf(const std::string& peer, const testing::Headers& headers,
                      TrustedProxies::By by = TrustedProxies::By::x_forwarded_for) {
  platform::HttpServerRequest request;
  request.peer_address = peer;
  request.headers = headers;
  TrustedProxies proxies;
  for (const char* each : {"10.0.0.0/24", "2001:db8::/64"}) {
    proxies.addresses.push_back(policy::IpPrefix::Parse(each).value());
  }
  proxies.by = by;
  return ClientAddress(request, proxies);
}

TEST(ClientAddressTest, IsWhatTheNearestProxiesSayAndNotWhatAClientSaysBehindThem) {
  const std::string name = "X-Forwarded-For";
  EXPECT_EQ(AddressOf("10.0.0.1", {{name, "192.0.2.7"}}), "192.0.2.7");
  EXPECT_EQ(AddressOf("10.0.0.1", {{name, "198.51.100.1, 192.0.2.7"}}), "192.0.2.7") << "forged";
  EXPECT_EQ(AddressOf("10.0.0.1", {{name, "198.51.100.1"}, {name, "192.0.2.7, 10.0.0.2"}}),
            "192.0.2.7")
      << "two proxies, two headers";
  EXPECT_EQ(AddressOf("2001:db8::1", {{name, "192.0.2.7:4711"}}), "192.0.2.7");
  EXPECT_EQ(AddressOf("10.0.0.1", {{name, "[2001:db8:1::9]:4711"}}), "2001:db8:1::9");
}

TEST(ClientAddressTest, IsThePeersWhereThatIsNoProxyOfOursOrSaysNothing) {
  const std::string name = "X-Forwarded-For";
  EXPECT_EQ(AddressOf("192.0.2.1", {{name, "10.0.0.9"}}), "192.0.2.1");
  EXPECT_EQ(AddressOf("10.0.0.1", {}), "10.0.0.1");
  EXPECT_EQ(AddressOf("10.0.0.1", {{"Forwarded", "for=192.0.2.7"}}), "10.0.0.1")
      << "a header that this proxy does not write is the client's";
  for (const char* text :
       {"", ",", "unknown", "192.0.2.0/24", "192.0.2.7, evil", "[", "\"", "[]:1"}) {
    EXPECT_EQ(AddressOf("10.0.0.1", {{name, text}}), "10.0.0.1") << text;
  }
}

TEST(ClientAddressTest, ReadsTheStandardHeaderWhereTheProxyWritesThat) {
  const auto of = [](const std::string& text) {
    return AddressOf("10.0.0.1", {{"Forwarded", text}, {"X-Forwarded-For", "203.0.113.1"}},
                     TrustedProxies::By::forwarded);
  };
  EXPECT_EQ(of("for=192.0.2.7;proto=https;by=10.0.0.1"), "192.0.2.7");
  EXPECT_EQ(of("proto=http; For=\"[2001:db8:1::9]:4711\""), "2001:db8:1::9");
  EXPECT_EQ(of("for=198.51.100.1, for=192.0.2.7, for=10.0.0.2"), "192.0.2.7");
  EXPECT_EQ(of("for=198.51.100.1, for=_hidden"), "10.0.0.1");
  EXPECT_EQ(of("proto=https"), "10.0.0.1");
}

}  // namespace
}  // namespace agent::api
