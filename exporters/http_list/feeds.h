#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "exporters/http_list/feed_query.h"
#include "exporters/http_list/published.h"
#include "exporters/http_list/variants.h"

namespace exporters::http_list {

// Lists as queries want them: made when first asked for, on a thread of its own, and kept while
// the list stays the same. However many ask for however many variants, it makes one at a time, and
// keeps and queues a few.
//
// Thread-safe.
class Feeds {
 public:
  struct Limits {
    std::size_t kept_max = 32;
    std::size_t kept_bytes_max = std::size_t{256} << 20;
    std::size_t waiting_max = 8;  // variants that are still to be made
  };
  // Null for one that can't be had now; else with what it was made of. Called once, on any thread,
  // before or after Ask returns.
  using Done = std::function<void(ResourcePtr, std::shared_ptr<const Published>)>;

  Feeds();
  explicit Feeds(Limits limits);
  ~Feeds();  // whoever still waits gets null

  // What is asked for from now on is of `published`, which may be null: then nothing can be had.
  void Put(std::shared_ptr<const Published> published);

  // `variant` has to outlive this.
  void Ask(const Variant& variant, const FeedQuery& query, Done done);

 private:
  using Key = std::pair<const Variant*, FeedQuery>;
  struct Kept {
    ResourcePtr resource;
    std::uint64_t used = 0;  // the higher, the later
  };

  void Work();
  void Keep(const Key& key, ResourcePtr resource);

  const Limits limits_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;
  std::shared_ptr<const Published> published_;  // that the rest is of
  std::map<Key, Kept> kept_;
  std::size_t kept_bytes_ = 0;
  std::uint64_t uses_ = 0;
  std::deque<Key> queue_;
  std::map<Key, std::vector<Done>> waiting_;
  std::thread thread_;
};

}  // namespace exporters::http_list
