#include "tests/cli/fixture.h"

namespace cli::testing {
namespace {

class UnblockRequestTest : public CliTest {};

TEST_F(UnblockRequestTest, ListsThoseThatWait) {
  agent_.unblock_requests.Add("shop.example", "to order\x1b[2J blood");
  const Outcome outcome = Run("unblock-request list");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("shop[.]example"), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.out.find('\x1b'), std::string::npos) << "it is a stranger's text";
}

TEST_F(UnblockRequestTest, ShowsTheEvidence) {
  agent_.unblock_requests.Add("shop.example", "to order");
  const Outcome outcome = Run("unblock-request show 1");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("to order"), std::string::npos);
  EXPECT_NE(outcome.out.find("shop[.]example is blocked."), std::string::npos) << outcome.out;
}

TEST_F(UnblockRequestTest, GrantsForADayAndDeclines) {
  agent_.unblock_requests.Add("shop.example", "to order");
  agent_.unblock_requests.Add("game.example", "to play");
  EXPECT_EQ(Run("unblock-request grant 1 --reason cleaned --expires 24h").code, 0);
  ASSERT_EQ(agent_.unblock_requests.grants.size(), 1U);
  EXPECT_EQ(agent_.unblock_requests.grants[0].lifetime().seconds(), 86'400);
  const Outcome declined = Run("unblock-request decline 2 --reason no");
  EXPECT_NE(declined.out.find("declined"), std::string::npos) << declined.out;
  EXPECT_EQ(Run("unblock-request list").out.find("example"), std::string::npos);
  EXPECT_NE(Run("unblock-request list --all").out.find("game[.]example"), std::string::npos);
  EXPECT_EQ(Run("unblock-request grant 2 --reason yes").code, 5) << "a conflict";
}

TEST_F(UnblockRequestTest, WantsAReason) {
  agent_.unblock_requests.Add("shop.example", "to order");
  EXPECT_EQ(Run("unblock-request decline 1").code, 2);
  EXPECT_EQ(RunWords({"unblock-request", "grant", "1", "--reason", " "}).code, 2);
  EXPECT_TRUE(agent_.unblock_requests.grants.empty());
}

}  // namespace
}  // namespace cli::testing
