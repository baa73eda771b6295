#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "platform/atomic_file.h"
#include "platform/subprocess.h"

namespace agent::notify::testing {

// notify_receiver.py beside us: a server that other people wrote, and what it got.
class Receiver {
 public:
  Receiver(const std::filesystem::path& log, const std::vector<std::string>& arguments)
      : log_(log) {
    std::vector<std::string> command{"/usr/bin/python3",
                                     SEKISHO_SOURCE_DIR "/tests/agent/notify_receiver.py"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    platform::ChildOptions options;
    options.output_file = log;
    process_ = std::make_unique<platform::ChildProcess>(
        platform::ChildProcess::Start(command, options).value());
    const auto first = Line(0);
    port_ = first.value("port", std::uint16_t{0});
  }

  // False without Python or its aiosmtpd (Debian's python3-aiosmtpd).
  static bool IsThere() {
    const auto ran = platform::Run({"/usr/bin/python3", "-c", "import aiosmtpd"}, {});
    return ran && ran->exit_code == 0;
  }

  std::uint16_t port() const { return port_; }
  // What it got as the Nth, from 1; waits for it.
  nlohmann::json Got(std::size_t n) const { return Line(n); }
  std::size_t count() const { return Lines().size() - 1; }

 private:
  std::vector<std::string> Lines() const {
    std::vector<std::string> lines;
    std::istringstream text(platform::ReadFile(log_, 10'000'000).value_or(""));
    for (std::string line; std::getline(text, line);) {
      // Python's own warnings come here, too.
      if (!text.eof() && line.starts_with('{')) lines.push_back(line);
    }
    return lines;
  }
  nlohmann::json Line(std::size_t n) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (std::chrono::steady_clock::now() < deadline) {
      const auto lines = Lines();
      if (lines.size() > n) return nlohmann::json::parse(lines[n], nullptr, false);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    ADD_FAILURE() << "line " << n << " of the receiver never came: "
                  << platform::ReadFile(log_, 10'000'000).value_or("");
    return nlohmann::json::object();
  }

  std::filesystem::path log_;
  std::unique_ptr<platform::ChildProcess> process_;
  std::uint16_t port_ = 0;
};

}  // namespace agent::notify::testing
