#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policy/time.h"

namespace agent::store {

using policy::TimePoint;

enum class NotificationState : std::uint8_t { waiting, delivered, failed };
std::string_view Name(NotificationState state);

// An event on its way to a channel.
struct Notification {
  std::int64_t id = 0;
  std::string channel;
  std::string key;  // of the event: one is told once to a channel
  std::string event;
  bool is_urgent = false;
  TimePoint at;
  std::string content;        // a JSON object
  std::int64_t batch = 0;     // of what goes in one message; 0: not decided yet
  std::int64_t attempts = 0;  // to deliver it
  TimePoint due_at;           // of the next attempt
  NotificationState state = NotificationState::waiting;
  std::optional<TimePoint> done_at;
  std::string error;  // of the last attempt
};

}  // namespace agent::store
