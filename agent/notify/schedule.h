#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/result.h"
#include "policy/time.h"

// When what waits for a channel is told. Pure but for the files of time zones.
namespace agent::notify {

using policy::TimePoint;

// A time zone of the system's database: "Asia/Tokyo".
class Zone {
 public:
  // `not_found` for an unknown name.
  static policy::Result<Zone> Load(const std::string& name);
  static Zone Utc();

  struct Civil {
    std::chrono::minutes of_day;
    bool is_weekend;  // Saturday or Sunday
  };
  Civil At(TimePoint time) const;
  // "2026-11-29 18:00 JST".
  std::string Format(TimePoint time) const;

 private:
  struct Data;
  explicit Zone(std::shared_ptr<const Data> data) : data_(std::move(data)) {}
  std::shared_ptr<const Data> data_;
};

// Hours of each day in which only what is urgent is told; over midnight if `to` is before `from`.
struct QuietHours {
  std::chrono::minutes from{};
  std::chrono::minutes to{};
  bool weekends = false;  // all of Saturday and Sunday, too
};

struct Schedule {
  // From the first that waits on, all goes in one message. 0: at once.
  std::chrono::seconds digest{};
  std::optional<QuietHours> quiet;
  Zone zone = Zone::Utc();
};

bool IsQuiet(const Schedule& schedule, TimePoint now);

struct Waiting {
  TimePoint at;
  bool is_urgent;
};

// Which of these, oldest first, go into a message now: indices, ascending. What is urgent never
// waits; nor does it take the rest along in quiet hours.
std::vector<std::size_t> Ready(const Schedule& schedule, const std::vector<Waiting>& waiting,
                               TimePoint now);

// How long to wait after so many failed attempts, at least 1.
std::chrono::seconds RetryDelay(std::int64_t attempts);

}  // namespace agent::notify
