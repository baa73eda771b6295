#include "cli/progress.h"

#include <algorithm>
#include <ostream>
#include <string>

namespace cli {
namespace {

constexpr std::chrono::milliseconds redraw_every{250};
constexpr std::size_t bar_width = 30;
constexpr const char* start_of_line = "\r\x1b[K";  // and what was there is gone

std::string Bar(std::uint64_t done, std::uint64_t whole) {
  const std::uint64_t some = std::min(done, whole);
  const auto filled = static_cast<std::size_t>(some * bar_width / whole);
  return "[" + std::string(filled, '=') + std::string(bar_width - filled, ' ') + "] " +
         std::to_string(some * 100 / whole) + " %  " + std::to_string(some) + "/" +
         std::to_string(whole);
}

}  // namespace

Progress::Progress(const Surroundings& surroundings, std::uint64_t whole,
                   std::chrono::milliseconds patience)
    : surroundings_(surroundings), whole_(whole) {
  if (surroundings.err_is_terminal) thread_ = std::thread([this, patience] { Draw(patience); });
}

Progress::~Progress() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    is_ended_ = true;
  }
  ended_.notify_one();
  thread_.join();
}

void Progress::Draw(std::chrono::milliseconds patience) {
  const auto start = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  if (ended_.wait_for(lock, patience, [this] { return is_ended_; })) return;
  do {
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - start);
    surroundings_.err << start_of_line;
    if (whole_ > 0) {
      surroundings_.err << Bar(done_, whole_) << "  ";
    } else if (done_ > 0) {
      surroundings_.err << done_ << "  ";
    }
    surroundings_.err << seconds.count() << " s" << std::flush;
  } while (!ended_.wait_for(lock, redraw_every, [this] { return is_ended_; }));
  surroundings_.err << start_of_line << std::flush;
}

}  // namespace cli
