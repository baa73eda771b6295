#include "tests/cli/fixture.h"

namespace cli::testing {
namespace {

class EmergencyTest : public CliTest {};

TEST_F(EmergencyTest, BlocksAtOnce) {
  const Outcome outcome = Run("emergency block evil.example worse.example --reason ransomware");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(
      outcome.out,
      "ID  ACTION  INDICATOR        WITHIN  STATE  ACTOR  AT  EXPIRES  REVIEWED BY  REASON      "
      "CLIENTS\n"
      "1   block   evil[.]example   -       open   alice  -   -        -            ransomware  -\n"
      "2   block   worse[.]example  -       open   alice  -   -        -            ransomware  "
      "-\n");
}

TEST_F(EmergencyTest, ShowsWhatAnUnblockWouldTakeOutBeforeItDoes) {
  const Outcome dry = Run("emergency unblock shop.example --within --dry-run --reason ours");
  EXPECT_EQ(dry.code, 0) << dry.err;
  EXPECT_NE(dry.out.find("shop[.]example"), std::string::npos);
  EXPECT_TRUE(agent_.emergencies.emergencies.empty());
  EXPECT_EQ(Run("emergency unblock shop.example --within --reason ours").code, 0);
  ASSERT_EQ(agent_.emergencies.unblocks.size(), 2U);
  EXPECT_TRUE(agent_.emergencies.unblocks[1].within());
  EXPECT_FALSE(agent_.emergencies.unblocks[1].dry_run());
}

TEST_F(EmergencyTest, ReviewsWhatWaits) {
  ASSERT_EQ(Run("emergency block evil.example --reason ransomware").code, 0);
  EXPECT_NE(Run("emergency list").out.find("evil[.]example"), std::string::npos);
  EXPECT_EQ(Run("emergency confirm 1 --reason right --expires 7d").code, 0);
  ASSERT_EQ(agent_.emergencies.reviews.size(), 1U);
  EXPECT_EQ(agent_.emergencies.reviews[0].verdict(), v1::ReviewRequest::VERDICT_CONFIRM);
  EXPECT_EQ(agent_.emergencies.reviews[0].lifetime().seconds(), 7 * 86'400);
  EXPECT_EQ(Run("emergency list").out.find("evil"), std::string::npos);
  EXPECT_NE(Run("emergency list --all").out.find("evil"), std::string::npos);
  EXPECT_EQ(Run("emergency overturn 1 --reason wrong").code, 5) << "a conflict";
}

TEST_F(EmergencyTest, WantsAReason) {
  EXPECT_EQ(Run("emergency block evil.example").code, 2);
  EXPECT_EQ(RunWords({"emergency", "unblock", "evil.example", "--reason", " "}).code, 2);
  EXPECT_TRUE(agent_.emergencies.unblocks.empty());
}

}  // namespace
}  // namespace cli::testing
