#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "policy/release.h"
#include "policy/result.h"

namespace agent::publish {

// A list as the newest release has it, and the one step from the list before.
struct ListState {
  std::uint64_t release = 0;  // the release that last changed it
  std::shared_ptr<const policy::ListSnapshot> list;
  policy::ListId base;                        // the list before
  std::shared_ptr<const policy::Delta> step;  // from that list to this one; null at first
};

// What a holder of some earlier list needs to hold the newest one.
struct Update {
  std::uint64_t release;
  std::shared_ptr<const policy::ListSnapshot> list;
  std::shared_ptr<const policy::Delta> delta;  // null: the whole list
};

// The lists in force, for all streams to read. Publish is the engine's; the rest is for any thread.
//
// A change of one costs subscribers nothing that grows with the list: the step is made once, by
// the engine, and shared. Only a holder who missed some releases pays for a comparison.
class Publication {
 public:
  // Called after each change of the named list, from the publishing thread; must be quick.
  using Listener = std::function<void(const std::string& list)>;
  // Returns a token that Unsubscribe takes. After Unsubscribe returns, the listener is not called.
  std::uint64_t Subscribe(Listener listener);
  void Unsubscribe(std::uint64_t token);

  void Publish(const std::string& list, ListState state);

  // A list that was never published is not there: nothing must be concluded from its absence.
  policy::Result<ListState> Current(const std::string& list) const;

  // From that list to the newest. `not_found` if the list was never published.
  policy::Result<Update> UpdateFrom(const std::string& list, const policy::ListId& held) const;

 private:
  struct Kept {
    ListState now;
    std::deque<std::shared_ptr<const policy::ListSnapshot>> before;  // newest last
  };
  mutable std::mutex mutex_;
  std::map<std::string, Kept> lists_;
  std::mutex listeners_mutex_;
  std::map<std::uint64_t, Listener> listeners_;
  std::uint64_t next_token_ = 1;
};

}  // namespace agent::publish
