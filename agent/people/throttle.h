#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "policy/time.h"

namespace agent::people {

// Counts attempts to log in, so that guessing gets nowhere. An attempt counts when it begins and is
// taken back when it succeeds, so that many at once gain nothing. In memory only. Any thread.
class Throttle {
 public:
  struct Limits {
    std::chrono::seconds window = std::chrono::minutes(15);
    // Someone who guesses from afar must not lock a person out, so a name alone has more.
    std::size_t per_name_and_address = 5;
    std::size_t per_address = 20;
    std::size_t per_name = 50;
  };
  explicit Throttle(Limits limits) : limits_(limits) {}

  enum class Verdict { go_on, refused, refused_first };  // first: just now, for the history
  Verdict Begin(const std::string& name, const std::string& address, policy::TimePoint now);
  void Succeeded(const std::string& name, const std::string& address);

 private:
  struct Count {
    policy::TimePoint since;
    std::size_t attempts = 0;
    bool is_reported = false;
  };
  // Name and address; either may be empty, for all.
  using Key = std::pair<std::string, std::string>;

  void Forget(policy::TimePoint now);
  // The count that is at its limit; null if there is none.
  Count* Exceeded(const std::string& name, const std::string& address, policy::TimePoint now);

  const Limits limits_;
  std::mutex mutex_;
  std::map<Key, Count> counts_;
};

}  // namespace agent::people
