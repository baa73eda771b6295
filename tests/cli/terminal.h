#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/platform/temporary_folder.h"

namespace cli::testing {

// A real terminal, tmux's, in which a program runs. Throws a runtime_error where tmux fails.
class Terminal {
 public:
  // `environment` as "NAME=VALUE"; besides, the program has only PATH, HOME, TERM and LANG=C.UTF-8.
  Terminal(const std::vector<std::string>& program, const std::vector<std::string>& environment,
           int columns, int rows);
  ~Terminal();

  // Text as it is, without a newline.
  void Type(const std::string& text);
  // "Enter", "Tab", "Escape", "Down", "BSpace", "C-c": tmux(1), KEY BINDINGS.
  void Press(const std::string& key);
  void Resize(int columns, int rows);

  // Its lines, without blanks at their ends.
  std::string Screen();
  // Waits until the screen holds `text`, and gives it; after ten seconds, whatever it holds.
  std::string ScreenWith(const std::string& text);
  // Waits until the program ended, and gives its exit code; -1 after ten seconds.
  int ExitCode();

 private:
  std::string Tmux(const std::vector<std::string>& words);
  platform::testing::TemporaryFolder folder_;
};

}  // namespace cli::testing
