#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>

namespace agent {

// One thread that runs what it is given, in order. Post, Start and Run are for any other thread.
class TaskThread {
 public:
  explicit TaskThread(std::size_t depth_max) : depth_max_(depth_max), thread_([this] { Loop(); }) {}
  ~TaskThread() { Stop(); }
  TaskThread(const TaskThread&) = delete;
  TaskThread& operator=(const TaskThread&) = delete;

  // Waits while the queue is full. After Stop, the task is dropped and false returned.
  bool Post(std::function<void()> task) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopping_ || tasks_.size() < depth_max_; });
    if (stopping_) return false;
    tasks_.push_back(std::move(task));
    changed_.notify_all();
    return true;
  }

  // Has the thread run `work`, and gives its result once it has: `otherwise` after Stop.
  template <class Work, class T = std::invoke_result_t<Work>>
  std::future<T> Start(Work work, T otherwise) {
    auto task = std::make_shared<std::packaged_task<T()>>(std::move(work));
    if (Post([task] { (*task)(); })) return task->get_future();
    std::promise<T> never;
    never.set_value(std::move(otherwise));
    return never.get_future();
  }

  // The same, and waits for it.
  template <class Work, class T = std::invoke_result_t<Work>>
  T Run(Work work, T otherwise) {
    return Start(std::move(work), std::move(otherwise)).get();
  }

  // Runs what is queued, then ends the thread. Idempotent; not to be called from the thread.
  void Stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      changed_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
  }

 private:
  void Loop() {
    while (true) {
      std::function<void()> task;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
        if (tasks_.empty()) return;
        task = std::move(tasks_.front());
        tasks_.pop_front();
        changed_.notify_all();
      }
      task();
    }
  }

  const std::size_t depth_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace agent
