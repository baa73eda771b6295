#include "agent/notifying.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>

#include "platform/log.h"

namespace agent {
namespace {

constexpr std::chrono::seconds every{1};

// Until it has to stop.
void Repeat(const std::stop_token& stop, const std::function<policy::Result<void>()>& work) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::string last_error;
  while (!stop.stop_requested()) {
    const auto done = work();
    const std::string error = done ? "" : done.error().detail;
    if (!error.empty() && error != last_error) platform::Error("notifications: {}", error);
    last_error = error;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, every, [] { return false; });
  }
}

}  // namespace

Notifying::Notifying(notify::Notifier& notifier) {
  threads_.emplace_back([&notifier](const std::stop_token& stop) {
    Repeat(stop, [&] { return notifier.Collect(); });
  });
  for (std::size_t i = 0; i < notifier.ChannelNames().size(); ++i) {
    threads_.emplace_back([&notifier, i](const std::stop_token& stop) {
      Repeat(stop, [&] { return notifier.Deliver(i, stop); });
    });
  }
}

}  // namespace agent
