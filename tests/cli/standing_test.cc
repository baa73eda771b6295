#include "tests/cli/fixture.h"

namespace cli::testing {
namespace {

class StandingTest : public CliTest {};

TEST_F(StandingTest, ListsRulesInOneTable) {
  const Outcome outcome = Run("standing list");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "ID  STATE     FILTER                   LIFETIME  A DAY AT MOST  USES  EXPIRES  "
            "PROPOSED BY  APPROVERS\n"
            "3   proposed  feed:urlhaus online:yes  1w        50             0     -        "
            "alice        -\n");
}

TEST_F(StandingTest, ShowsWhatARuleWouldApprove) {
  const Outcome outcome = Run("standing show 3");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("evil[.]example"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.err.find("9 pending proposals match; the rule would approve 1"),
            std::string::npos)
      << outcome.err;
  EXPECT_EQ(Run("standing show 4").code, 3);
}

TEST_F(StandingTest, ProposesWhatWasTyped) {
  const Outcome outcome =
      RunWords({"standing", "propose", "--filter", "feed:urlhaus online:yes hits>=1", "--reason",
                "as a rule right", "--expires", "7d", "--valid-for", "30d", "--uses-per-day", "50",
                "--dry-run"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  ASSERT_EQ(agent_.standing.proposed.size(), 1U);
  const auto& request = agent_.standing.proposed[0];
  EXPECT_EQ(request.filter(), "feed:urlhaus online:yes hits>=1");
  EXPECT_EQ(request.lifetime().seconds(), 7 * 86'400);
  EXPECT_EQ(request.valid_for().seconds(), 30 * 86'400);
  EXPECT_EQ(request.uses_per_day(), 50U);
  EXPECT_TRUE(request.dry_run());
  EXPECT_EQ(Run("standing propose --filter feed:x").code, 2) << "without a reason";
}

TEST_F(StandingTest, ApprovesExactlyWhatItShowedOnceItsIdIsTyped) {
  is_terminal_ = true;
  typed_ = "4\n";
  EXPECT_EQ(Run("standing approve 3 --reason fine").code, 1);
  EXPECT_TRUE(agent_.standing.approved.empty());
  typed_ = "3\n";
  const Outcome outcome = Run("standing approve 3 --reason fine");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("feed:urlhaus online:yes"), std::string::npos) << "shown first";
  ASSERT_EQ(agent_.standing.approved.size(), 1U);
  EXPECT_EQ(agent_.standing.approved[0].digest(), agent_.standing.rule.digest());
}

TEST_F(StandingTest, WithoutATerminalAnApprovalNeedsYes) {
  EXPECT_EQ(Run("standing approve 3 --reason fine").code, 2);
  EXPECT_TRUE(agent_.standing.approved.empty());
  EXPECT_EQ(Run("standing approve 3 --reason fine --yes").code, 0);
  EXPECT_EQ(agent_.standing.approved.size(), 1U);
}

TEST_F(StandingTest, EndsARule) {
  const Outcome outcome = Run("standing end 3 --reason too-wide");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("too-wide"), std::string::npos);
  EXPECT_EQ(Run("standing list").out.find("urlhaus"), std::string::npos);
}

}  // namespace
}  // namespace cli::testing
