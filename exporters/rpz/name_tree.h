#pragma once

#include <absl/container/btree_set.h>

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace exporters::rpz {

// All names of a list, and which of them stand in the zone: those with no listed name above them.
// A change costs what it affects: taking a name away brings back the names below it that it had
// made superfluous. Not thread-safe.
class NameTree {
 public:
  struct Change {
    std::vector<std::string> added;  // to the zone, sorted
    std::vector<std::string> removed;
  };

  explicit NameTree(std::span<const std::string_view> names);

  Change Apply(std::span<const std::string_view> added, std::span<const std::string_view> removed);

  std::size_t zone_size() const { return zone_size_; }

 private:
  // A name backwards ("moc.live"), so that what is below a name follows it as one range.
  using Key = std::string;

  bool HasAncestor(std::string_view key) const;
  bool InZone(std::string_view key) const;
  // Adds the keys whose place in the zone may change when `key` comes or goes.
  void CollectAffected(const Key& key, std::vector<Key>& affected) const;

  absl::btree_set<Key, std::less<>> keys_;
  std::size_t zone_size_ = 0;
};

}  // namespace exporters::rpz
