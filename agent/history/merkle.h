#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "policy/digest.h"

namespace agent::history {

// The Merkle tree of RFC 6962, section 2.1, over SHA-256. Indexes count from 0. No I/O; everything
// here is thread-compatible.

using Hash = policy::Sha256;

Hash LeafHash(std::string_view leaf);                // SHA-256(0x00 || leaf)
Hash NodeHash(const Hash& left, const Hash& right);  // SHA-256(0x01 || left || right)

// What of a tree is needed to add leaves and tell its root: the roots of the full subtrees that
// its size, written in binary, is made of. Cheap to copy.
class CompactTree {
 public:
  void Append(const Hash& leaf_hash);
  std::uint64_t size() const { return size_; }
  Hash root() const;  // of no leaves: SHA-256 of nothing

 private:
  std::uint64_t size_ = 0;
  std::vector<Hash> peaks_;  // largest first
};

// The audit path of leaf `index`, from the leaf up (2.1.1). `index` must be below the count.
std::vector<Hash> InclusionProof(std::span<const Hash> leaf_hashes, std::uint64_t index);
bool VerifyInclusion(const Hash& leaf_hash, std::uint64_t index, std::uint64_t size,
                     std::span<const Hash> path, const Hash& root);

// That the tree of the first `old_size` leaves is a start of the whole (2.1.2). Empty for an old
// size of 0 or of all; `old_size` must not be above the count.
std::vector<Hash> ConsistencyProof(std::span<const Hash> leaf_hashes, std::uint64_t old_size);
bool VerifyConsistency(std::uint64_t old_size, const Hash& old_root, std::uint64_t new_size,
                       const Hash& new_root, std::span<const Hash> proof);

}  // namespace agent::history
