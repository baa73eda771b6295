#include "tests/cli/fixture.h"

namespace cli::testing {
namespace {

class NotificationTest : public CliTest {};

TEST_F(NotificationTest, ListsWhatDidNotGetThrough) {
  v1::Notification& one = *agent_.notifications.list.add_notifications();
  one.set_id(7);
  one.set_channel("soc");
  one.set_text("Device fw1 refused its list: full\x1b[2J");
  one.set_state("waiting");
  one.set_attempts(3);
  one.set_error("no answer");
  agent_.notifications.list.set_late(1);
  const Outcome outcome = Run("notification list");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("no answer"), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.out.find('\x1b'), std::string::npos);
  EXPECT_NE(outcome.err.find("1 did not get through yet"), std::string::npos) << outcome.err;
}

TEST_F(NotificationTest, TriesAChannel) {
  EXPECT_EQ(Run("notification test soc").code, 0);
  EXPECT_EQ(agent_.notifications.tests, std::vector<std::string>{"soc"});
  EXPECT_EQ(Run("notification test pager").code, 3) << "there is none";
}

}  // namespace
}  // namespace cli::testing
