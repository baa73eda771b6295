#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "cli/surroundings.h"

namespace cli {

// A line on standard error while long work goes on, where that is a terminal: a bar if the whole is
// known, otherwise how much was done and for how long. It comes only when the work takes longer
// than `patience`, and goes with this object; meanwhile nothing else may be written there.
class Progress {
 public:
  explicit Progress(const Surroundings& surroundings, std::uint64_t whole = 0,
                    std::chrono::milliseconds patience = std::chrono::milliseconds(700));
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // How much of the whole is done. From any thread.
  void At(std::uint64_t done) { done_ = done; }

 private:
  void Draw(std::chrono::milliseconds patience);

  const Surroundings& surroundings_;
  const std::uint64_t whole_;
  std::atomic<std::uint64_t> done_{0};
  std::mutex mutex_;
  std::condition_variable ended_;
  bool is_ended_ = false;
  std::thread thread_;
};

// Does one piece of work whose whole is not known.
template <class Work>
auto WithProgress(const Surroundings& surroundings, Work work) {
  const Progress progress(surroundings);
  return work();
}

}  // namespace cli
