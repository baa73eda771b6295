// Single sign-on against a provider that lies in every way it can.
#include <gtest/gtest.h>

#include "platform/atomic_file.h"
#include "tests/agent/fake_oidc.h"
#include "tests/platform/temporary_folder.h"

namespace agent::oidc {
namespace {

using nlohmann::json;
using people::Role;
using policy::ErrorCode;
using testing::FakeProvider;

class SignOnTest : public ::testing::Test {
 protected:
  static Settings MakeSettings() {
    Settings settings;
    settings.provider.issuer = FakeProvider::issuer;
    settings.provider.client_id = "sekisho";
    settings.roles = {{"soc-admins", Role::admin}, {"soc-approvers", Role::approver}};
    return settings;
  }
  SignOn::Begun Begin(const std::string& session = "") {
    auto begun = sign_on_.Begin("192.0.2.1", session);
    EXPECT_TRUE(begun) << begun.error().detail;
    return begun.value_or(SignOn::Begun());
  }
  policy::Result<SignOn::Finished> LogIn() {
    const auto begun = Begin();
    return sign_on_.Finish(provider_.Visit(begun.url), begun.browser, "");
  }
  // Why the next log-in fails; empty if it does not.
  std::string Refusal() {
    const auto finished = LogIn();
    if (finished) return "";
    EXPECT_EQ(finished.error().code, ErrorCode::unauthenticated) << finished.error().detail;
    return finished.error().detail;
  }

  platform::ManualClock clock_{policy::TimePoint(std::chrono::seconds(1'790'000'000))};
  FakeProvider provider_{clock_};
  SignOn sign_on_{MakeSettings(), "https://sekisho.test", provider_, clock_};
};

TEST_F(SignOnTest, BringsBackThePersonTheNameAndTheRoleOfTheFirstRuleThatFits) {
  const auto finished = LogIn();
  ASSERT_TRUE(finished) << finished.error().detail;
  EXPECT_EQ(finished->person.id, "https://login.test/realm|248289761001");
  EXPECT_EQ(finished->person.name, "jane@example.org");
  EXPECT_EQ(finished->person.role, Role::approver);
  EXPECT_EQ(finished->person.authenticated, clock_.Now());
  EXPECT_FALSE(finished->is_confirmation);
  provider_.person["groups"] = {"soc-approvers", "soc-admins"};
  EXPECT_EQ(LogIn()->person.role, Role::admin);
  provider_.person["groups"] = "soc-admins";
  EXPECT_EQ(LogIn()->person.role, Role::admin) << "a single text will do";
  for (const json& none : {json::array({"staff"}), json(), json(7), json{{"soc-admins", true}}}) {
    provider_.person["groups"] = none;
    EXPECT_EQ(LogIn()->person.role, std::nullopt) << none;
  }
}

TEST_F(SignOnTest, RefusesATokenThatIsNotTheAnswerToThisLogIn) {
  const auto now = clock_.Now().time_since_epoch().count();
  const std::vector<std::pair<json, std::string>> lies{
      {{{"nonce", "of-another"}}, "nonce"},
      {{{"nonce", nullptr}}, "nonce"},
      {{{"aud", "another-client"}}, "aud"},
      {{{"aud", json::array()}}, "aud"},
      {{{"aud", {"sekisho", "another-client"}}}, "azp"},
      {{{"aud", {"sekisho", "another-client"}}, {"azp", "another-client"}}, "azp"},
      {{{"azp", "another-client"}}, "azp"},
      {{{"iss", "https://login.test/other"}}, "iss"},
      {{{"exp", now - 60}}, "exp"},
      {{{"exp", nullptr}}, "exp"},
      {{{"exp", "tomorrow"}}, "exp"},
      {{{"iat", now + 61}}, "iat"},
      {{{"iat", now - 601}}, "iat"},
      {{{"iat", 1e300}}, "iat"},
      {{{"nbf", now + 61}}, "nbf"},
      {{{"sub", ""}}, "sub"},
      {{{"sub", std::string(256, 's')}}, "sub"}};
  for (const auto& [lie, claim] : lies) {
    provider_.alter = [&lie = lie](json& claims) { claims.update(lie); };
    EXPECT_NE(Refusal().find("(" + claim + ")"), std::string::npos) << lie;
  }
  provider_.alter = [&](json& claims) {
    claims.update({{"aud", {"sekisho", "other"}}, {"azp", "sekisho"}, {"exp", now - 59}});
  };
  EXPECT_EQ(Refusal(), "") << "clocks may be a minute apart";
}

TEST_F(SignOnTest, RefusesATokenThatTheProviderDidNotSign) {
  provider_.is_signed = false;
  provider_.alter_header = [](json& header) { header["alg"] = "none"; };
  EXPECT_NE(Refusal().find("ID token is not good"), std::string::npos);
  provider_.alter_header = [](json&) {};
  EXPECT_NE(Refusal().find("ID token is not good"), std::string::npos) << "no signature";
  provider_.is_signed = true;
  provider_.signs_by = FakeProvider::NewKey("shared", "oct");
  EXPECT_NE(Refusal().find("not signed by RS256 or ES256"), std::string::npos) << "HS256";
  provider_.signs_by = FakeProvider::NewKey("first", "RSA");
  EXPECT_NE(Refusal().find("signature is wrong"), std::string::npos) << "another's key";
  provider_.signs_by = nullptr;
  provider_.alter_header = [](json& header) { header["alg"] = "PS256"; };
  EXPECT_NE(Refusal().find("not signed by RS256 or ES256"), std::string::npos);
  provider_.alter_header = [](json& header) { header["crit"] = {"b64"}; };
  EXPECT_NE(Refusal().find("demands an extension"), std::string::npos);
}

TEST_F(SignOnTest, TakesARotatedKeyAndAsksForUnknownOnesOnceAMinuteAtMost) {
  ASSERT_EQ(Refusal(), "");
  provider_.RotateKey("second");
  EXPECT_NE(Refusal().find("does not publish"), std::string::npos) << "asked a moment ago";
  EXPECT_EQ(provider_.discoveries, 1);
  clock_.Advance(std::chrono::minutes(1));
  EXPECT_EQ(Refusal(), "");
  EXPECT_EQ(provider_.discoveries, 2);
  provider_.signs_by = FakeProvider::NewKey("made-up");
  for (int i = 0; i < 5; ++i) {
    EXPECT_NE(Refusal().find("does not publish"), std::string::npos);
  }
  EXPECT_EQ(provider_.discoveries, 2);
  // A key that was withdrawn is good for an hour at most.
  provider_.signs_by = provider_.RotateKey("third");
  EXPECT_EQ(Refusal(), "");
  clock_.Advance(std::chrono::hours(1));
  EXPECT_NE(Refusal().find("does not publish"), std::string::npos);
}

TEST_F(SignOnTest, AStateWorksOnceAndForTenMinutes) {
  const auto begun = Begin();
  const auto answer = provider_.Visit(begun.url);
  ASSERT_TRUE(sign_on_.Finish(answer, begun.browser, ""));
  EXPECT_FALSE(sign_on_.Finish(answer, begun.browser, "")) << "replayed";
  const auto late = Begin();
  const auto late_answer = provider_.Visit(late.url);
  clock_.Advance(std::chrono::seconds(601));
  EXPECT_FALSE(sign_on_.Finish(late_answer, late.browser, ""));
}

TEST_F(SignOnTest, ACodeIsWorthNothingToALogInThatDidNotAskForIt) {
  const auto victim = Begin();
  const auto code = provider_.Visit(victim.url).code;
  const auto attacker = Begin();
  auto answer = provider_.Visit(attacker.url);
  answer.code = code;
  const auto injected = sign_on_.Finish(answer, attacker.browser, "");
  ASSERT_FALSE(injected) << "PKCE binds the code to its own log-in";
  EXPECT_NE(injected.error().detail.find("invalid_grant"), std::string::npos);
}

TEST_F(SignOnTest, NobodyIsMadeToFinishWhatAnotherBegan) {
  const auto attacker = Begin();
  const auto answer = provider_.Visit(attacker.url);
  const auto victim = Begin();
  for (const std::string& browser : {std::string(), victim.browser}) {
    EXPECT_FALSE(sign_on_.Finish(answer, browser, "")) << "log-in CSRF";
  }
  EXPECT_EQ(provider_.token_requests.size(), 0U);
  EXPECT_TRUE(sign_on_.Finish(answer, attacker.browser, "")) << "and it stays theirs";
}

TEST_F(SignOnTest, RefusesAnAnswerFromAnotherProviderAndOneThatSaysNo) {
  auto begun = Begin();
  auto mixed_up = provider_.Visit(begun.url);
  mixed_up.issuer = "https://evil.test";
  EXPECT_FALSE(sign_on_.Finish(mixed_up, begun.browser, ""));
  begun = Begin();
  const auto refused = sign_on_.Finish(
      {"", FakeProvider::Parameter(begun.url, "state"), "", "access_denied"}, begun.browser, "");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("access_denied"), std::string::npos);
}

TEST_F(SignOnTest, SendsTheBrowserWithPkceAndKeepsTheSecretsFromIt) {
  const auto url = Begin().url;
  EXPECT_TRUE(url.starts_with("https://login.test/realm/authorize?response_type=code&")) << url;
  EXPECT_EQ(FakeProvider::Parameter(url, "code_challenge_method"), "S256");
  EXPECT_EQ(FakeProvider::Parameter(url, "code_challenge").size(), 43U);
  EXPECT_EQ(FakeProvider::Parameter(url, "redirect_uri"), "https://sekisho.test/single-sign-on");
  EXPECT_EQ(FakeProvider::Parameter(url, "prompt"), "");
  EXPECT_EQ(FakeProvider::Parameter(url, "code_verifier"), "");
  for (const char* name : {"state", "nonce"}) {
    EXPECT_NE(FakeProvider::Parameter(url, name), FakeProvider::Parameter(Begin().url, name));
  }
}

TEST_F(SignOnTest, ShowsItsSecretInTheHeaderOnlyWhereItHasOne) {
  ASSERT_TRUE(LogIn());
  EXPECT_EQ(provider_.token_requests.back().password, "");
  EXPECT_NE(provider_.token_requests.back().body.find("client_id=sekisho"), std::string::npos);
  const platform::testing::TemporaryFolder folder;
  ASSERT_TRUE(platform::WriteFileAtomically(folder / "secret", "s&cret:x\n", 0600));
  Settings settings = MakeSettings();
  settings.provider.client_secret_file = folder / "secret";
  SignOn sign_on(settings, "https://sekisho.test", provider_, clock_);
  const auto begun = sign_on.Begin("192.0.2.1", "").value();
  ASSERT_TRUE(sign_on.Finish(provider_.Visit(begun.url), begun.browser, ""));
  EXPECT_EQ(provider_.token_requests.back().user, "sekisho");
  EXPECT_EQ(provider_.token_requests.back().password, "s%26cret%3Ax");
  EXPECT_EQ(provider_.token_requests.back().body.find("client_id"), std::string::npos);
}

TEST_F(SignOnTest, ConfirmsASessionByAuthenticatingAnewOnly) {
  const auto confirm = [&](const json& claims, const std::string& session) {
    const auto begun = Begin("my session");
    EXPECT_EQ(FakeProvider::Parameter(begun.url, "prompt"), "login");
    EXPECT_EQ(FakeProvider::Parameter(begun.url, "max_age"), "0");
    provider_.alter = [&claims](json& token) { token.update(claims); };
    return sign_on_.Finish(provider_.Visit(begun.url), begun.browser, session);
  };
  const auto now = clock_.Now().time_since_epoch().count();
  const auto good = confirm(json::object(), "my session");
  ASSERT_TRUE(good) << good.error().detail;
  EXPECT_TRUE(good->is_confirmation);
  for (const json& old : {json(now - 3600), json()}) {
    const auto refused = confirm({{"auth_time", old}}, "my session");
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().detail.find("auth_time"), std::string::npos);
  }
  EXPECT_FALSE(confirm(json::object(), "another session"));
  EXPECT_FALSE(confirm(json::object(), ""));
}

TEST_F(SignOnTest, AProviderThatDoesNotAnswerIsNotAskedAgainAtOnce) {
  provider_.is_down = true;
  const auto first = sign_on_.Begin("192.0.2.1", "");
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().code, ErrorCode::unavailable);
  provider_.is_down = false;
  EXPECT_FALSE(sign_on_.Begin("192.0.2.1", ""));
  EXPECT_EQ(provider_.discoveries, 0);
  clock_.Advance(std::chrono::seconds(10));
  EXPECT_EQ(Refusal(), "");
}

TEST_F(SignOnTest, WhoBeginsAndNeverFinishesIsTurnedAwayAndOthersAreNot) {
  for (int i = 0; i < 100; ++i) Begin();
  const auto refused = sign_on_.Begin("192.0.2.1", "");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::exhausted);
  EXPECT_TRUE(sign_on_.Begin("192.0.2.2", ""));
  clock_.Advance(std::chrono::seconds(601));
  EXPECT_TRUE(sign_on_.Begin("192.0.2.1", ""));
}

TEST(KeySetTest, TakesNoDocumentWithoutAKeyOfOurs) {
  for (const char* text :
       {"", "[]", "{}", R"({"keys": {}})", R"({"keys": []})", R"({"keys": [1, null, {}]})",
        R"({"keys": [{"kty": "oct", "k": "c2VjcmV0"}]})",
        R"({"keys": [{"kty": "RSA", "n": "AQ", "e": "AQAB"}]})",
        R"({"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]})"}) {
    EXPECT_FALSE(KeySet::Parse(text)) << text;
  }
}

}  // namespace
}  // namespace agent::oidc
