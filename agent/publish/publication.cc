#include "agent/publish/publication.h"

#include <algorithm>
#include <utility>

namespace agent::publish {
namespace {

// Each costs a copy of the list's text; who is further behind takes the whole list.
constexpr std::size_t lists_kept_max = 4;

}  // namespace

std::uint64_t Publication::Subscribe(Listener listener) {
  const std::lock_guard lock(listeners_mutex_);
  const std::uint64_t token = next_token_++;
  listeners_.emplace(token, std::move(listener));
  return token;
}

void Publication::Unsubscribe(std::uint64_t token) {
  const std::lock_guard lock(listeners_mutex_);
  listeners_.erase(token);
}

void Publication::Publish(const std::string& list, ListState state) {
  {
    const std::lock_guard lock(mutex_);
    Kept& kept = lists_[list];
    if (kept.now.list) kept.before.push_back(kept.now.list);
    if (kept.before.size() > lists_kept_max) kept.before.pop_front();
    kept.now = std::move(state);
  }
  const std::lock_guard lock(listeners_mutex_);
  for (const auto& [token, listener] : listeners_) listener(list);
}

policy::Result<ListState> Publication::Current(const std::string& list) const {
  const std::lock_guard lock(mutex_);
  const auto found = lists_.find(list);
  if (found == lists_.end()) {
    return policy::Fail(policy::ErrorCode::not_found, "list \"" + list + "\" is not published yet");
  }
  return found->second.now;
}

policy::Result<Update> Publication::UpdateFrom(const std::string& list,
                                               const policy::ListId& held) const {
  ListState now;
  std::shared_ptr<const policy::ListSnapshot> base;
  {
    const std::lock_guard lock(mutex_);
    const auto found = lists_.find(list);
    if (found == lists_.end()) {
      return policy::Fail(policy::ErrorCode::not_found,
                          "list \"" + list + "\" is not published yet");
    }
    const Kept& kept = found->second;
    now = kept.now;
    const auto match = std::find_if(kept.before.rbegin(), kept.before.rend(),
                                    [&](const auto& snapshot) { return snapshot->id() == held; });
    if (match != kept.before.rend()) base = *match;
  }
  if (now.step && now.base == held) return Update{now.release, now.list, now.step};
  if (now.list->id() == held) {
    return Update{now.release, now.list, std::make_shared<const policy::Delta>()};
  }
  if (!base) return Update{now.release, now.list, nullptr};
  auto delta = std::make_shared<const policy::Delta>(policy::Difference(*base, *now.list));
  return Update{now.release, now.list, std::move(delta)};
}

}  // namespace agent::publish
