#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "policy/time.h"
#include "sekisho/v1/api.pb.h"

namespace agent::api {

// Who is at the queue, and where: so that two people need not judge the same. It binds nobody, is
// in memory only, and forgets who has not said a word for `presence_lifetime`. Any thread.
class Presence {
 public:
  struct Place {
    std::string name;
    std::string filter;
    std::int64_t proposal_id = 0;  // 0: none
    policy::TimePoint at;          // when they last said so
  };

  // Notes where a person is now. One person is at one place.
  void Note(Place place);
  // All, by name.
  std::vector<Place> All(policy::TimePoint now);

 private:
  void Forget(policy::TimePoint now);

  std::mutex mutex_;
  std::map<std::string, Place> places_;
};

inline constexpr std::chrono::seconds presence_lifetime{15};

sekisho::v1::Presence ToMessage(const Presence::Place& place);

}  // namespace agent::api
