#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "agent/traffic/client_sample.h"
#include "policy/time.h"

namespace agent::traffic {

// Days, of UTC, that are told of: today and those before it.
inline constexpr std::size_t days_kept = 14;

// What `now` makes of a Usage.
struct UsageSummary {
  std::uint64_t requests = 0;
  std::array<std::uint64_t, days_kept> per_day{};  // today's last
  std::uint64_t clients = 0;
  bool is_estimate = false;       // of the clients
  policy::TimePoint last_seen{};  // only with requests
};

// How much something was used of late: requests a day, and by how many clients. A value of about
// 100 bytes; not thread-safe.
class Usage {
 public:
  // One request; none that is older than what is kept. `client` is a hash.
  void Count(policy::TimePoint at, std::uint64_t client);
  void Merge(const Usage& other);
  // Drops what is too old to be told of. Says whether anything is left.
  bool Forget(policy::TimePoint now);

  UsageSummary Summary(policy::TimePoint now) const;
  policy::TimePoint last_seen() const { return policy::TimePoint(std::chrono::seconds(last_)); }

  // "LAST REQUESTS,... CLIENTS": seconds, the requests of `days_kept` days up to that of LAST, and
  // ClientSample's text. Read is false for any other text.
  std::string Text() const;
  bool Read(std::string_view text);

 private:
  Day newest_day() const { return std::chrono::floor<std::chrono::days>(last_seen()); }
  void MoveTo(policy::TimePoint at);

  std::array<std::uint32_t, days_kept> requests_{};  // of day D since 1970 at D % days_kept
  std::uint32_t last_ = 0;                           // seconds since 1970; 0: never
  ClientSample clients_;
};

}  // namespace agent::traffic
