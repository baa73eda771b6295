#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "agent/traffic/log_format.h"
#include "agent/traffic/traffic.h"
#include "platform/clock.h"

namespace agent::traffic {

struct LogSettings {
  std::string name;
  std::filesystem::path file;
  ReadLine read;
};

struct TrafficSettings {
  std::size_t size_max = 1'000'000;
  std::chrono::seconds interval{10};        // between two looks at the logs
  std::chrono::seconds save_every{5 * 60};  // and when it stops
  std::vector<LogSettings> logs;
};

// Follows the logs of our own traffic through rotation, in a thread of its own, and keeps what they
// tell in a file of mode 0600, which it reads at the start.
class TrafficFollower {
 public:
  // Everything given has to outlive it. Nothing runs before Start.
  TrafficFollower(TrafficSettings settings, std::filesystem::path file, Traffic& traffic,
                  const platform::Clock& clock);
  ~TrafficFollower() { Stop(); }
  TrafficFollower(const TrafficFollower&) = delete;
  TrafficFollower& operator=(const TrafficFollower&) = delete;

  // Takes over what was kept, if it can be read; else it begins anew, and says so in the log.
  void Load();
  void Start();
  // Keeps what was read. Idempotent.
  void Stop();

  // What the thread does again and again: reads on in all logs. Says whether any has more.
  bool ReadOn();
  void Save();

 private:
  void Run(const std::stop_token& stop);
  bool ReadLog(const LogSettings& log);
  void Tell(const std::string& name, const std::string& trouble, LogState& state);

  const TrafficSettings settings_;
  const std::filesystem::path file_;
  Traffic& traffic_;
  const platform::Clock& clock_;
  bool is_changed_ = false;  // since it was kept
  std::uint64_t dropped_told_ = 0;
  std::jthread thread_;
};

}  // namespace agent::traffic
