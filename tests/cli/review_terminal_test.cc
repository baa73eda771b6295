// `queue review` on a real terminal.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/fixture.h"
#include "tests/cli/terminal.h"

namespace cli::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ReviewTerminalTest : public CliTest {
 protected:
  ReviewTerminalTest() {
    for (int i = 1; i <= 30; ++i) {
      agent_.queue.Add("domain", "evil" + std::to_string(i) + ".example");
    }
  }

  Terminal Start(const std::string& language = "en") const {
    std::vector<std::string> environment;
    for (const auto& [name, value] : environment_) environment.push_back(name + "=" + value);
    return Terminal({SEKISHO_CLI, "--lang", language, "queue", "review"}, environment, 100, 30);
  }
};

TEST_F(ReviewTerminalTest, ClearsTheQueueByKeys) {
  Terminal terminal = Start();
  EXPECT_THAT(terminal.ScreenWith("evil1[.]example"), HasSubstr("Sekisho  1/30"));
  EXPECT_THAT(terminal.ScreenWith("@bob"), HasSubstr("@bob"));
  terminal.Type("a");
  terminal.ScreenWith("Approve, because:");
  terminal.Type("観測済み");
  EXPECT_THAT(terminal.ScreenWith("観測済み"), HasSubstr("Approve, because: 観測済み"));
  terminal.Press("Enter");
  EXPECT_THAT(terminal.ScreenWith("approved 1"), HasSubstr("Sekisho  1/29"));
  terminal.Press("Down");
  terminal.Type("r");
  terminal.ScreenWith("Reject, because:");
  terminal.Press("Down");
  terminal.Press("Enter");
  terminal.ScreenWith("rejected 1");
  terminal.Type("u");
  terminal.ScreenWith("taken back");
  terminal.Type("q");
  EXPECT_EQ(terminal.ExitCode(), 0);
  EXPECT_THAT(terminal.Screen(), HasSubstr("1         0         0         0"));
  EXPECT_EQ(agent_.queue.Of(1).state(), "approved");
  EXPECT_EQ(agent_.queue.Of(3).state(), "pending");
  ASSERT_EQ(agent_.queue.decisions.size(), 1U);
  EXPECT_EQ(agent_.queue.decisions[0].reason(), "観測済み");
}

TEST_F(ReviewTerminalTest, FitsATerminalThatChangesItsSize) {
  Terminal terminal = Start("ja");
  EXPECT_THAT(terminal.ScreenWith("関所  1/30"), HasSubstr("j k 移動"));
  terminal.Resize(60, 12);
  terminal.Type("?");
  EXPECT_THAT(terminal.ScreenWith("直前と同じ判断"), HasSubstr("直前と同じ判断"));
  terminal.Press("Escape");
  terminal.Press("End");
  EXPECT_THAT(terminal.ScreenWith("evil30[.]example"), HasSubstr("30/30"));
  terminal.Press("Enter");
  EXPECT_THAT(terminal.ScreenWith("有効期間"), Not(HasSubstr("evil29")));
  terminal.Press("Escape");
  terminal.Type("q");
  EXPECT_EQ(terminal.ExitCode(), 0);
}

TEST_F(ReviewTerminalTest, NeedsATerminal) {
  const Outcome outcome = Run("queue review");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("needs a terminal"));
}

}  // namespace
}  // namespace cli::testing
