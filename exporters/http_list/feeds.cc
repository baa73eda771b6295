#include "exporters/http_list/feeds.h"

#include <algorithm>
#include <string>

#include "exporters/http_list/feed_render.h"
#include "platform/log.h"

namespace exporters::http_list {
namespace {

ResourcePtr Make(const policy::ListSnapshot& list, const Variant& variant, const FeedQuery& query) {
  auto feed = RenderFeed(list, variant, query);
  if (feed) {
    auto resource = MakeResource(std::move(feed->bytes), std::move(feed->content_type));
    if (resource) return *resource;
    feed = tl::unexpected(std::move(resource.error()));
  }
  platform::Warn("{} cannot be rendered for a query: {}", variant.path, feed.error().detail);
  return nullptr;
}

}  // namespace

Feeds::Feeds() : Feeds(Limits{}) {}

Feeds::Feeds(Limits limits) : limits_(limits), thread_([this] { Work(); }) {}

Feeds::~Feeds() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  thread_.join();
  for (const auto& [key, all] : waiting_) {
    for (const Done& done : all) done(nullptr, nullptr);
  }
}

void Feeds::Put(std::shared_ptr<const Published> published) {
  const std::lock_guard lock(mutex_);
  published_ = std::move(published);
  kept_.clear();
  kept_bytes_ = 0;
}

void Feeds::Ask(const Variant& variant, const FeedQuery& query, Done done) {
  const Key key{&variant, query};
  ResourcePtr ready;
  std::shared_ptr<const Published> published;
  {
    const std::lock_guard lock(mutex_);
    const auto kept = kept_.find(key);
    const auto waiting = waiting_.find(key);
    if (kept != kept_.end()) {
      kept->second.used = ++uses_;
      ready = kept->second.resource;
      published = published_;
    } else if (waiting != waiting_.end()) {
      waiting->second.push_back(std::move(done));
      return;
    } else if (published_ && waiting_.size() < limits_.waiting_max) {
      waiting_[key].push_back(std::move(done));
      queue_.push_back(key);
      changed_.notify_all();
      return;
    }
  }
  done(std::move(ready), std::move(published));
}

void Feeds::Keep(const Key& key, ResourcePtr resource) {
  const std::size_t size = resource->size();
  if (size > limits_.kept_bytes_max) return;
  while (kept_.size() >= limits_.kept_max || kept_bytes_ + size > limits_.kept_bytes_max) {
    const auto oldest = std::min_element(
        kept_.begin(), kept_.end(), [](auto& a, auto& b) { return a.second.used < b.second.used; });
    kept_bytes_ -= oldest->second.resource->size();
    kept_.erase(oldest);
  }
  kept_bytes_ += size;
  kept_[key] = {std::move(resource), ++uses_};
}

void Feeds::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stopped_ || !queue_.empty(); });
    if (stopped_) return;
    const Key key = queue_.front();
    queue_.pop_front();
    const auto published = published_;
    lock.unlock();
    ResourcePtr resource = published ? Make(*published->list, *key.first, key.second) : nullptr;
    lock.lock();
    if (published != published_) {  // of a list that is no more: make it anew
      queue_.push_front(key);
      continue;
    }
    if (resource) Keep(key, resource);
    const auto all = std::move(waiting_.extract(key).mapped());
    lock.unlock();
    for (const Done& done : all) done(resource, published);
    lock.lock();
  }
}

}  // namespace exporters::http_list
