// Passwords, one-time codes and the throttle.
#include <gtest/gtest.h>

#include "agent/people/name.h"
#include "agent/people/one_time_code.h"
#include "agent/people/password.h"
#include "agent/people/throttle.h"
#include "agent/people/token_scope.h"

namespace agent::people {
namespace {

using policy::TimePoint;
using std::chrono::minutes;
using std::chrono::seconds;

TimePoint At(int second) {
  return TimePoint(seconds(second));
}

// RFC 6238, appendix B, of whose eight digits ours are the last six.
TEST(OneTimeCodeTest, GivesTheCodesOfTheRfc) {
  const std::string secret = "12345678901234567890";
  EXPECT_EQ(CodeOf(secret, StepAt(At(59))), "287082");
  EXPECT_EQ(CodeOf(secret, StepAt(At(1111111109))), "081804");
  EXPECT_EQ(CodeOf(secret, StepAt(At(1111111111))), "050471");
  EXPECT_EQ(CodeOf(secret, StepAt(At(1234567890))), "005924");
  EXPECT_EQ(CodeOf(secret, StepAt(At(2000000000))), "279037");
}

TEST(OneTimeCodeTest, TakesACodeOnceAndItsNeighboursOnly) {
  const std::string secret = "12345678901234567890";
  const TimePoint now = At(2000000000);
  const auto step = StepAt(now);
  EXPECT_EQ(AcceptCode(secret, CodeOf(secret, step), 0, now), step);
  EXPECT_EQ(AcceptCode(secret, CodeOf(secret, step - 1), 0, now), step - 1);
  EXPECT_EQ(AcceptCode(secret, CodeOf(secret, step + 1), 0, now), step + 1);
  EXPECT_FALSE(AcceptCode(secret, CodeOf(secret, step - 2), 0, now));
  EXPECT_FALSE(AcceptCode(secret, CodeOf(secret, step + 2), 0, now));
  EXPECT_FALSE(AcceptCode(secret, CodeOf(secret, step), step, now)) << "used before";
  EXPECT_FALSE(AcceptCode(secret, "", 0, now));
}

TEST(OneTimeCodeTest, LinksTheSecretInBase32) {
  EXPECT_EQ(OneTimeLink("foobar", "al@b"),
            "otpauth://totp/Sekisho:al%40b?secret=MZXW6YTBOI&issuer=Sekisho");
}

TEST(PasswordTest, MatchesItselfOnlyAndNeverAnEmptyHash) {
  const std::string hash = HashPassword("correct horse battery").value();
  EXPECT_TRUE(hash.starts_with("$argon2id$")) << hash;
  EXPECT_TRUE(PasswordMatches(hash, "correct horse battery"));
  EXPECT_FALSE(PasswordMatches(hash, "correct horse batterz"));
  EXPECT_FALSE(PasswordMatches("", ""));
  EXPECT_FALSE(PasswordMatches("", "a password that nobody has"));
  EXPECT_FALSE(PasswordMatches("not a hash", "x"));
}

TEST(PasswordTest, RefusesShortOnesAndTheNameOverAndOver) {
  EXPECT_TRUE(CheckPassword("correct horse battery", "alice"));
  EXPECT_FALSE(CheckPassword("elevenchars", "alice"));
  EXPECT_FALSE(CheckPassword(std::string(257, 'a') + "b", "alice"));
  EXPECT_FALSE(CheckPassword("alicealicealice", "alice"));
  EXPECT_FALSE(CheckPassword("alicealice1234", "alice"));
  EXPECT_FALSE(CheckPassword("aaaaaaaaaaaaaaaa", "alice"));
}

TEST(NameTest, RefusesWhatTheHistoryCallsItsOwn) {
  EXPECT_TRUE(CheckName("alice@example.org"));
  EXPECT_TRUE(CheckName("田中"));
  for (const char* wrong : {"", "policy", "Agent", "a,b", "feed:x", "a b"}) {
    EXPECT_FALSE(CheckName(wrong)) << wrong;
  }
}

TEST(ThrottleTest, StopsAGuesserAndReportsItOnce) {
  Throttle throttle(Throttle::Limits{});
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(throttle.Begin("alice", "192.0.2.1", At(i)), Throttle::Verdict::go_on);
  }
  EXPECT_EQ(throttle.Begin("alice", "192.0.2.1", At(6)), Throttle::Verdict::refused_first);
  EXPECT_EQ(throttle.Begin("alice", "192.0.2.1", At(7)), Throttle::Verdict::refused);
  EXPECT_EQ(throttle.Begin("alice", "192.0.2.2", At(8)), Throttle::Verdict::go_on)
      << "the person's own address goes on";
  EXPECT_EQ(throttle.Begin("alice", "192.0.2.1", At(1) + minutes(16)), Throttle::Verdict::go_on);
}

TEST(ThrottleTest, StopsAnAddressThatTriesManyNamesAndANameTriedFromMany) {
  Throttle throttle(Throttle::Limits{});
  int passed = 0;
  for (int i = 0; i < 30; ++i) {
    passed +=
        throttle.Begin("n" + std::to_string(i), "192.0.2.1", At(0)) == Throttle::Verdict::go_on;
  }
  EXPECT_EQ(passed, 20);
  passed = 0;
  for (int i = 0; i < 80; ++i) {
    passed +=
        throttle.Begin("bob", "198.51.100." + std::to_string(i), At(0)) == Throttle::Verdict::go_on;
  }
  EXPECT_EQ(passed, 50);
}

TEST(ThrottleTest, ASuccessTakesItsAttemptBack) {
  Throttle throttle(Throttle::Limits{});
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(throttle.Begin("alice", "192.0.2.1", At(i)), Throttle::Verdict::go_on);
    throttle.Succeeded("alice", "192.0.2.1");
  }
}

TEST(TokenScopeTest, ReadsItsOwnTextBack) {
  const auto scope = TokenScope::From({"Queue/ListProposals", "feed:desk", "Feeds"}).value();
  EXPECT_EQ(scope.text(), "Queue/ListProposals Feeds feed:desk");
  EXPECT_EQ(TokenScope::FromText(scope.text()).value().text(), scope.text());
  EXPECT_TRUE(TokenScope().empty());
  EXPECT_TRUE(TokenScope::FromText("").value().MayCall("/sekisho.v1.Queue/Decide"));
}

TEST(TokenScopeTest, AServiceStandsForItsMethodsAndForNoOtherOfALikeName) {
  const auto scope = TokenScope::From({"Queue"}).value();
  EXPECT_TRUE(scope.MayCall("/sekisho.v1.Queue/Decide"));
  EXPECT_FALSE(scope.MayCall("/sekisho.v1.Queues/Decide"));
  EXPECT_FALSE(scope.MayCall("/other.v1.Queue/Decide"));
  EXPECT_FALSE(scope.MayCall(""));
}

TEST(TokenScopeTest, RefusesWhatIsNoTerm) {
  for (const char* term :
       {"", " ", "Queue/*", "feed:", "a b", "Queue\n", "/sekisho\"", "feed:a,b"}) {
    EXPECT_FALSE(TokenScope::From({term})) << term;
  }
  EXPECT_FALSE(TokenScope::From(std::vector<std::string>(51, "Queue")));
}

}  // namespace
}  // namespace agent::people
