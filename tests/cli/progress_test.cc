#include "cli/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

namespace cli {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr std::chrono::milliseconds at_once{0};
constexpr std::chrono::milliseconds some_time{50};

class ProgressTest : public ::testing::Test {
 protected:
  Surroundings Terminal(bool is_terminal) {
    return {.environment = {}, .in = in_, .out = out_, .err = err_, .err_is_terminal = is_terminal};
  }
  std::istringstream in_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(ProgressTest, ABarShowsHowMuchOfTheWholeIsDone) {
  const auto terminal = Terminal(true);
  {
    Progress progress(terminal, 200, some_time);
    progress.At(50);
    std::this_thread::sleep_for(2 * some_time);
  }
  EXPECT_THAT(err_.str(), HasSubstr("[=======                       ] 25 %  50/200  0 s"));
  EXPECT_THAT(err_.str(), EndsWith("\r\x1b[K"));
}

TEST_F(ProgressTest, MoreThanTheWholeIsTheWhole) {
  const auto terminal = Terminal(true);
  {
    Progress progress(terminal, 2, some_time);
    progress.At(3);
    std::this_thread::sleep_for(2 * some_time);
  }
  EXPECT_THAT(err_.str(), HasSubstr("] 100 %  2/2"));
}

TEST_F(ProgressTest, WithoutAWholeItShowsThatWorkGoesOn) {
  const auto terminal = Terminal(true);
  {
    Progress progress(terminal, 0, at_once);
    std::this_thread::sleep_for(some_time);
  }
  EXPECT_THAT(err_.str(), HasSubstr("0 s"));
}

TEST_F(ProgressTest, ShortWorkShowsNothing) {
  const auto terminal = Terminal(true);
  { const Progress progress(terminal, 10); }
  EXPECT_EQ(err_.str(), "");
}

TEST_F(ProgressTest, OnlyATerminalSeesIt) {
  const auto file = Terminal(false);
  {
    Progress progress(file, 10, at_once);
    progress.At(5);
    std::this_thread::sleep_for(some_time);
  }
  EXPECT_EQ(err_.str(), "");
}

}  // namespace
}  // namespace cli
