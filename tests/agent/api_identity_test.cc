#include "agent/api/identity.h"

#include <gtest/gtest.h>

#include "agent/api/gate.h"
#include "tests/agent/api_server.h"

namespace agent::api {
namespace {

using policy::ErrorCode;
using testing::Digest;
using testing::OneOfEachRole;

constexpr policy::TimePoint now{std::chrono::seconds(1'790'000'000)};

Identities People() {
  return Identities::From(OneOfEachRole()).value();
}

std::string Bearer(const std::string& token) {
  return "Bearer " + token;
}

TEST(IdentityTest, KnowsACallerByTheToken) {
  const auto caller = People().Identify({{Bearer("approver-token")}, {}}, now);
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->name, "approver-name");
  EXPECT_EQ(caller->role, Role::approver);
}

TEST(IdentityTest, TheSchemeIsReadInEitherCase) {
  EXPECT_TRUE(People().Identify({{"bearer viewer-token"}, {}}, now));
  EXPECT_TRUE(People().Identify({{"BEARER viewer-token"}, {}}, now));
}

TEST(IdentityTest, KnowsACallerByAnySanOfTheCertificate) {
  const auto caller = People().Identify({{}, {"192.0.2.1", "auditor.people.test"}}, now);
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->name, "auditor-name");
  EXPECT_EQ(caller->role, Role::auditor);
}

TEST(IdentityTest, RefusesWhatNamesNobody) {
  const std::vector<Credentials> refused{
      {},
      {{""}, {}},
      {{"Bearer"}, {}},
      {{"Bearer "}, {}},
      {{"Bearer wrong-token"}, {}},
      {{"Bearer viewer-toke"}, {}},
      {{"Bearer viewer-token "}, {}},
      {{"Bearer  viewer-token"}, {}},
      {{"Bearer Viewer-token"}, {}},
      {{"Basic viewer-token"}, {}},
      {{"viewer-token"}, {}},
      {{Bearer(Digest("viewer-token"))}, {}},  // the settings' digest is no token
      {{Bearer("viewer-token"), Bearer("viewer-token")}, {}},
      {{}, {"stranger.people.test"}},
      {{}, {"viewer.people.test.evil.example"}},
      {{}, {"VIEWER.people.test"}},
  };
  for (std::size_t i = 0; i < refused.size(); ++i) {
    const auto caller = People().Identify(refused[i], now);
    ASSERT_FALSE(caller) << "case " << i;
    EXPECT_EQ(caller.error().code, ErrorCode::unauthenticated) << "case " << i;
  }
}

TEST(IdentityTest, ABadTokenIsNotMadeGoodByACertificate) {
  EXPECT_FALSE(People().Identify({{Bearer("wrong")}, {"viewer.people.test"}}, now));
}

TEST(IdentityTest, ATokenCountsBeforeACertificate) {
  const auto caller = People().Identify({{Bearer("approver-token")}, {"viewer.people.test"}}, now);
  EXPECT_EQ(caller->name, "approver-name");
}

TEST(IdentityTest, ACertificateOfTwoPeopleIsNobodys) {
  const auto caller = People().Identify({{}, {"viewer.people.test", "approver.people.test"}}, now);
  ASSERT_FALSE(caller);
  EXPECT_EQ(caller.error().code, ErrorCode::unauthenticated);
}

TEST(IdentityTest, ATokenEndsAtItsExpiry) {
  AccessSettings settings;
  settings.tokens = {{"alice", Role::viewer, Digest("t"), now}};
  const auto people = Identities::From(settings).value();
  EXPECT_TRUE(people.Identify({{Bearer("t")}, {}}, now - std::chrono::seconds(1)));
  const auto late = people.Identify({{Bearer("t")}, {}}, now);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::unauthenticated);
  EXPECT_NE(late.error().detail.find("expired"), std::string::npos);
}

TEST(IdentityTest, RefusesNamesThatTheHistoryCouldNotTellApart) {
  for (const char* name : {"", "policy", "Agent", "device:dns1", "feed:urlhaus", "alice,bob",
                           "alice bob", "alice\n", "a\x01"}) {
    AccessSettings settings;
    settings.tokens = {{name, Role::approver, Digest("t"), std::nullopt}};
    EXPECT_FALSE(Identities::From(settings)) << name;
    settings.tokens.clear();
    settings.certificates = {{"x.people.test", name, Role::approver}};
    EXPECT_FALSE(Identities::From(settings)) << name;
  }
}

TEST(IdentityTest, TakesNamesAsPeopleHaveThem) {
  for (const char* name : {"alice", "bob@example.org", "ci-bot_2", "\xe9\x96\xa2\xe6\x89\x80"}) {
    AccessSettings settings;
    settings.tokens = {{name, Role::approver, Digest("t"), std::nullopt}};
    EXPECT_TRUE(Identities::From(settings)) << name;
  }
}

TEST(IdentityTest, RefusesACredentialOfTwoCallers) {
  AccessSettings settings;
  settings.tokens = {{"alice", Role::approver, Digest("t"), std::nullopt},
                     {"bob", Role::approver, Digest("t"), std::nullopt}};
  EXPECT_FALSE(Identities::From(settings));
  settings.tokens.clear();
  settings.certificates = {{"x.people.test", "alice", Role::viewer},
                           {"x.people.test", "bob", Role::viewer}};
  EXPECT_FALSE(Identities::From(settings));
}

TEST(IdentityTest, RefusesADigestThatIsNone) {
  AccessSettings settings;
  for (const char* digest : {"", "secret", "abcd"}) {
    settings.tokens = {{"alice", Role::approver, digest, std::nullopt}};
    EXPECT_FALSE(Identities::From(settings)) << digest;
  }
}

TEST(GateTest, Z4_WhoeverIsTakenOutOfTheSettingsIsDeniedTheNextCall) {
  platform::ManualClock clock(now);
  Gate gate(People(), nullptr, clock);
  const Credentials viewer{{Bearer("viewer-token")}, {}};
  EXPECT_TRUE(gate.Admit(viewer, "/sekisho.v1.Blocks/Why", "test"));
  gate.Replace(Identities::From({}).value());
  const auto denied = gate.Admit(viewer, "/sekisho.v1.Blocks/Why", "test");
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().code, ErrorCode::unauthenticated);
}

TEST(GateTest, LogsWhomItDenies) {
  platform::ManualClock clock(now);
  const Gate gate(People(), nullptr, clock);
  ::testing::internal::CaptureStderr();
  EXPECT_FALSE(
      gate.Admit({{Bearer("viewer-token")}, {}}, "/sekisho.v1.Queue/Decide", "ipv4:192.0.2.7:9"));
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("/sekisho.v1.Queue/Decide from ipv4:192.0.2.7:9 is denied: viewer-name"),
            std::string::npos)
      << log;
  EXPECT_EQ(log.find("viewer-token"), std::string::npos) << "a token must not be in the log";
}

}  // namespace
}  // namespace agent::api
