#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace agent::api {

// A few threads on which calls run, so that a slow one never holds up a door's own threads, and a
// flood of them is turned away instead of piling up. A caller never has all the threads, nor more
// than a part of the queue: whoever floods waits for itself, and approvals get through.
class WorkerPool {
 public:
  // `caller_max` bounds what one caller has here at once, running and waiting.
  WorkerPool(std::size_t threads, std::size_t queue_depth_max, std::size_t caller_max = 16);
  // Runs what was taken, then ends.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False, without taking it, when too much waits already, or too much of this caller's. Any
  // thread.
  bool TryPost(const std::string& caller, std::function<void()> work);

 private:
  struct Work {
    std::string caller;
    std::function<void()> run;
  };
  struct Share {
    std::size_t taken = 0;  // running and waiting
    std::size_t running = 0;
  };

  void Run();
  // The first that may run now; the queue's end if there is none.
  std::deque<Work>::iterator Next();

  const std::size_t queue_depth_max_;
  const std::size_t caller_max_;
  const std::size_t caller_running_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Work> queue_;
  std::map<std::string, Share> shares_;  // of those who have something here
  bool is_stopping_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace agent::api
