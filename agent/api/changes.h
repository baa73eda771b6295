#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "agent/api/message_stream.h"
#include "agent/api/method_table.h"
#include "agent/api/presence.h"
#include "agent/api/services.h"
#include "sekisho/v1/changes.pb.h"

namespace agent::api {

struct FollowLimits {
  std::size_t of_one_caller = 8;
  std::size_t of_all = 1000;
  std::chrono::milliseconds look_every{200};
  std::chrono::seconds repeat_after{15};
};

// Tells all who follow what changes: one thread looks for all of them, and asks the gate again
// whether each may still know. Any thread; `desk` has to outlive it, but not its streams.
class Changes {
 public:
  explicit Changes(const Desk& desk, FollowLimits limits = {});
  ~Changes();
  Changes(const Changes&) = delete;
  Changes& operator=(const Changes&) = delete;

  // `exhausted` for one too many.
  policy::Result<std::shared_ptr<MessageStream>> Follow(const Call& call);

 private:
  class Follower;
  // What is to be told, and to whom. Shared with the streams, which outlive the rest.
  struct State;

  void Run();
  policy::Result<void> Look();
  policy::Result<sekisho::v1::FollowResponse> Common(std::uint64_t revision) const;

  const Desk& desk_;
  const FollowLimits limits_;
  std::shared_ptr<State> state_;
  std::condition_variable changed_;
  bool is_stopping_ = false;  // under the state's mutex
  std::thread thread_;
};

}  // namespace agent::api
