#pragma once

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/cli/fake_agent.h"
#include "tests/platform/temporary_folder.h"

namespace cli::testing {

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

// Runs the program against a fake agent, as alice, in English, without a terminal.
class CliTest : public ::testing::Test {
 protected:
  CliTest();

  // The words of a command line, separated by blanks.
  Outcome Run(const std::string& words);
  Outcome RunWords(const std::vector<std::string>& words);
  void WriteFile(const std::string& name, const std::string& text);

  platform::testing::TemporaryFolder folder_;
  FakeAgent agent_;
  std::map<std::string, std::string> environment_;
  std::string typed_;  // on standard input
  bool is_terminal_ = false;
  int columns_ = 0;
};

}  // namespace cli::testing
