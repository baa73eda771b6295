#include "exporters/rpz/name_tree.h"

#include <algorithm>

namespace exporters::rpz {
namespace {

std::string Reversed(std::string_view name) {
  return {name.rbegin(), name.rend()};
}

std::vector<std::string> ReversedAll(std::span<const std::string_view> names) {
  std::vector<std::string> keys;
  keys.reserve(names.size());
  for (const std::string_view name : names) keys.push_back(Reversed(name));
  std::sort(keys.begin(), keys.end());
  return keys;
}

}  // namespace

NameTree::NameTree(std::span<const std::string_view> names) {
  for (std::string& key : ReversedAll(names)) keys_.insert(keys_.end(), std::move(key));
  zone_size_ = static_cast<std::size_t>(std::count_if(
      keys_.begin(), keys_.end(), [this](const Key& key) { return !HasAncestor(key); }));
}

bool NameTree::HasAncestor(std::string_view key) const {
  for (std::size_t dot = key.find('.'); dot != key.npos; dot = key.find('.', dot + 1)) {
    if (keys_.contains(key.substr(0, dot))) return true;
  }
  return false;
}

bool NameTree::InZone(std::string_view key) const {
  return keys_.contains(key) && !HasAncestor(key);
}

void NameTree::CollectAffected(const Key& key, std::vector<Key>& affected) const {
  affected.push_back(key);
  const std::string below = key + '.';
  for (auto at = keys_.lower_bound(below); at != keys_.end() && at->starts_with(below); ++at) {
    affected.push_back(*at);
  }
}

NameTree::Change NameTree::Apply(std::span<const std::string_view> added,
                                 std::span<const std::string_view> removed) {
  const std::vector<Key> added_keys = ReversedAll(added);
  const std::vector<Key> removed_keys = ReversedAll(removed);
  std::vector<Key> affected;
  for (const Key& key : added_keys) CollectAffected(key, affected);
  for (const Key& key : removed_keys) CollectAffected(key, affected);
  std::sort(affected.begin(), affected.end());
  affected.erase(std::unique(affected.begin(), affected.end()), affected.end());

  std::vector<bool> was_in_zone;
  was_in_zone.reserve(affected.size());
  for (const Key& key : affected) was_in_zone.push_back(InZone(key));

  for (const Key& key : removed_keys) keys_.erase(key);
  keys_.insert(added_keys.begin(), added_keys.end());

  Change change;
  for (std::size_t i = 0; i < affected.size(); ++i) {
    const bool is_in_zone = InZone(affected[i]);
    if (is_in_zone == was_in_zone[i]) continue;
    (is_in_zone ? change.added : change.removed).push_back(Reversed(affected[i]));
  }
  zone_size_ = zone_size_ + change.added.size() - change.removed.size();
  return change;
}

}  // namespace exporters::rpz
