#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace agent::store {

// Ids of rows, a bit each up to the highest: a set of a million takes 125 kB.
class IdSet {
 public:
  void Add(std::int64_t id) {
    const auto at = static_cast<std::size_t>(id);
    if (at >= bits_.size()) bits_.resize(at + at / 2 + 64);
    bits_[at] = true;
  }
  bool Has(std::int64_t id) const {
    return static_cast<std::uint64_t>(id) < bits_.size() && bits_[static_cast<std::size_t>(id)];
  }

 private:
  std::vector<bool> bits_;
};

}  // namespace agent::store
