#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace agent::api {

// A few threads on which calls run, so that a slow one never holds up a door's own threads, and a
// flood of them is turned away instead of piling up.
class WorkerPool {
 public:
  WorkerPool(std::size_t threads, std::size_t queue_depth_max);
  // Runs what was taken, then ends.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False, without taking it, when too many wait already. Any thread.
  bool TryPost(std::function<void()> work);

 private:
  void Run();

  const std::size_t queue_depth_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  bool is_stopping_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace agent::api
