#include "tests/cli/terminal.h"

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "platform/subprocess.h"

namespace cli::testing {
namespace {

constexpr std::chrono::seconds patience{10};
constexpr std::chrono::milliseconds pause{20};

template <class Condition>
bool Becomes(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(pause);
  }
  return true;
}

}  // namespace

Terminal::Terminal(const std::vector<std::string>& program,
                   const std::vector<std::string>& environment, int columns, int rows) {
  std::vector<std::string> words{"-f",
                                 "/dev/null",
                                 "set-option",
                                 "-g",
                                 "remain-on-exit",
                                 "on",
                                 ";",
                                 "new-session",
                                 "-d",
                                 "-x",
                                 std::to_string(columns),
                                 "-y",
                                 std::to_string(rows),
                                 "--",
                                 "env"};
  words.insert(words.end(), environment.begin(), environment.end());
  words.insert(words.end(), program.begin(), program.end());
  Tmux(words);
}

Terminal::~Terminal() {
  try {
    Tmux({"kill-server"});
  } catch (const std::exception&) {
    // It is gone already.
  }
}

void Terminal::Type(const std::string& text) {
  Tmux({"send-keys", "-l", "--", text});
}

void Terminal::Press(const std::string& key) {
  Tmux({"send-keys", key});
}

void Terminal::Resize(int columns, int rows) {
  Tmux({"resize-window", "-x", std::to_string(columns), "-y", std::to_string(rows)});
}

std::string Terminal::Screen() {
  return Tmux({"capture-pane", "-p"});
}

std::string Terminal::ScreenWith(const std::string& text) {
  std::string screen;
  Becomes([&] {
    screen = Screen();
    return screen.find(text) != screen.npos;
  });
  return screen;
}

int Terminal::ExitCode() {
  const std::vector<std::string> ask{"display-message", "-p", "#{pane_dead} #{pane_dead_status}"};
  std::string answer;
  const bool ended = Becomes([&] {
    answer = Tmux(ask);
    return answer.starts_with("1 ");
  });
  return ended ? std::atoi(answer.c_str() + 2) : -1;
}

std::string Terminal::Tmux(const std::vector<std::string>& words) {
  std::vector<std::string> argv{"tmux", "-u", "-S", folder_ / "socket"};
  argv.insert(argv.end(), words.begin(), words.end());
  const auto output = platform::Run(argv, {.env = {{"TERM", "xterm"}}});
  if (!output) throw std::runtime_error("tmux: " + output.error().detail);
  if (output->exit_code != 0) throw std::runtime_error("tmux: " + output->err);
  return output->out;
}

}  // namespace cli::testing
