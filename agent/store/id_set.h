#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "policy/result.h"

namespace agent::store {

// Ids of rows, a bit each up to the highest: a set of a million takes 125 kB.
class IdSet {
 public:
  void Add(std::int64_t id) {
    const auto at = static_cast<std::size_t>(id);
    if (at >= bits_.size()) bits_.resize(at + at / 2 + 64);
    if (!bits_[at]) ++size_;
    bits_[at] = true;
  }
  bool Has(std::int64_t id) const {
    return static_cast<std::uint64_t>(id) < bits_.size() && bits_[static_cast<std::size_t>(id)];
  }
  std::size_t size() const { return size_; }
  // Every id from 1 to `last` that is not in it.
  IdSet Complement(std::int64_t last) const {
    IdSet rest;
    rest.bits_.assign(static_cast<std::size_t>(last) + 1, true);
    rest.bits_[0] = false;
    for (std::size_t at = 1; at < std::min(bits_.size(), rest.bits_.size()); ++at) {
      if (bits_[at]) rest.bits_[at] = false;
    }
    rest.size_ = static_cast<std::size_t>(last) - size_;
    return rest;
  }
  // Those of which `keep` says so, the lowest first. It may fail, as a Result<bool> does.
  template <class Keep>
  policy::Result<IdSet> Filter(Keep keep) const {
    IdSet kept;
    for (std::size_t at = 0; at < bits_.size(); ++at) {
      if (!bits_[at]) continue;
      const auto id = static_cast<std::int64_t>(at);
      const policy::Result<bool> is_kept = keep(id);
      if (!is_kept) return tl::unexpected(is_kept.error());
      if (*is_kept) kept.Add(id);
    }
    return kept;
  }

 private:
  std::vector<bool> bits_;
  std::size_t size_ = 0;
};

}  // namespace agent::store
