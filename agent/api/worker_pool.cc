#include "agent/api/worker_pool.h"

#include <algorithm>
#include <utility>

namespace agent::api {

WorkerPool::WorkerPool(std::size_t threads, std::size_t queue_depth_max, std::size_t caller_max)
    : queue_depth_max_(queue_depth_max),
      caller_max_(caller_max),
      caller_running_max_(std::max<std::size_t>(threads, 2) - 1) {
  threads_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  threads_.clear();
}

bool WorkerPool::TryPost(const std::string& caller, std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= queue_depth_max_) return false;
    Share& share = shares_[caller];
    if (share.taken >= caller_max_) return false;
    ++share.taken;
    queue_.push_back({caller, std::move(work)});
  }
  changed_.notify_one();
  return true;
}

std::deque<WorkerPool::Work>::iterator WorkerPool::Next() {
  return std::find_if(queue_.begin(), queue_.end(), [this](const Work& work) {
    return shares_.at(work.caller).running < caller_running_max_;
  });
}

void WorkerPool::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock,
                  [this] { return Next() != queue_.end() || (is_stopping_ && queue_.empty()); });
    const auto next = Next();
    if (next == queue_.end()) return;
    const Work work = std::move(*next);
    queue_.erase(next);
    ++shares_.at(work.caller).running;
    lock.unlock();
    work.run();
    lock.lock();
    Share& share = shares_.at(work.caller);
    --share.running;
    if (--share.taken == 0) shares_.erase(work.caller);
    changed_.notify_all();
  }
}

}  // namespace agent::api
