#include "platform/log.h"

#include <gtest/gtest.h>

namespace platform {
namespace {

class LogTest : public ::testing::Test {
 protected:
  ~LogTest() override { InitLog(LogLevel::warn, false); }
};

TEST_F(LogTest, EscapesWhatCouldForgeALineOrReachTheTerminal) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"plain text", "plain text"},
      {"a\nb\r\tc", "a\\nb\\x0d\\tc"},
      {"\x1b[2J", "\\x1b[2J"},
      {std::string_view("a\0b", 3), "a\\x00b"},
      {"\x7f", "\\x7f"},
      {"日本", "日本"},
      {"\xff\xfe", "\\xff\\xfe"},
      {"\xc0\xaf", "\\xc0\\xaf"},
      {"\xed\xa0\x80", "\\xed\\xa0\\x80"},
      {"\xe2\x80\xae", "\\xe2\\x80\\xae"},  // right-to-left override
      {"\xc2\x9b"
       "2J",
       "\\xc2\\x9b"
       "2J"},                      // C1 control: CSI
      {"\xe6\x97", "\\xe6\\x97"},  // cut short
  };
  for (const auto& [text, escaped] : cases) EXPECT_EQ(EscapeForLog(text), escaped);
}

TEST_F(LogTest, WritesOneTextLine) {
  InitLog(LogLevel::info, false);
  ::testing::internal::CaptureStderr();
  Info("feed {} says {}", "urlhaus", "x\n2026 error forged");
  Debug("not {}", "seen");
  const std::string text = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("Z info feed urlhaus says x\\n2026 error forged\n"), std::string::npos)
      << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
}

TEST_F(LogTest, WritesOneJsonObjectALine) {
  InitLog(LogLevel::warn, true);
  ::testing::internal::CaptureStderr();
  Warn("said \"{}\"", "\n\x01\\");
  const std::string text = ::testing::internal::GetCapturedStderr();
  EXPECT_TRUE(text.starts_with("{\"time\":\"20")) << text;
  EXPECT_TRUE(text.ends_with("\"level\":\"warning\",\"text\":\"said \\\"\\\\n\\\\x01\\\\\\\"\"}\n"))
      << text;
}

TEST_F(LogTest, KeepsBackWhatIsBelowTheLevel) {
  InitLog(LogLevel::error, false);
  EXPECT_FALSE(IsLogged(LogLevel::warn));
  EXPECT_TRUE(IsLogged(LogLevel::error));
}

}  // namespace
}  // namespace platform
