#include "agent/history/merkle.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string>

namespace agent::history {
namespace {

Hash RootOf(std::span<const Hash> leaf_hashes) {
  CompactTree tree;
  for (const Hash& hash : leaf_hashes) tree.Append(hash);
  return tree.root();
}

// The largest power of two below `count`, which has to be at least 2.
std::uint64_t Split(std::uint64_t count) {
  return std::bit_floor(count - 1);
}

// RFC 9162, 2.1.3.2 and 2.1.4.2: walks up from node `fn` of a level whose last node is `sn`.
struct Walk {
  std::uint64_t fn;
  std::uint64_t sn;

  // Whether the next hash of a proof stands to the left of the node.
  bool IsFromLeft() const { return (fn & 1) == 1 || fn == sn; }
  void SkipMissingSiblings() {
    while ((fn & 1) == 0 && fn != 0) Up();
  }
  void Up() {
    fn >>= 1;
    sn >>= 1;
  }
};

}  // namespace

Hash LeafHash(std::string_view leaf) {
  policy::Sha256Stream stream;
  stream.Add(std::string_view("\0", 1));
  stream.Add(leaf);
  return stream.Finish();
}

Hash NodeHash(const Hash& left, const Hash& right) {
  std::array<char, 65> bytes;
  bytes[0] = 1;
  std::memcpy(bytes.data() + 1, left.data(), left.size());
  std::memcpy(bytes.data() + 33, right.data(), right.size());
  return policy::Sha256Of({bytes.data(), bytes.size()});
}

void CompactTree::Append(const Hash& leaf_hash) {
  Hash node = leaf_hash;
  // Each trailing one bit of the size is a full subtree as large as the one just made.
  for (std::uint64_t rest = size_; (rest & 1) == 1; rest >>= 1) {
    node = NodeHash(peaks_.back(), node);
    peaks_.pop_back();
  }
  peaks_.push_back(node);
  ++size_;
}

Hash CompactTree::root() const {
  if (peaks_.empty()) return policy::Sha256Of({});
  Hash root = peaks_.back();
  for (auto peak = peaks_.rbegin() + 1; peak != peaks_.rend(); ++peak) {
    root = NodeHash(*peak, root);
  }
  return root;
}

std::vector<Hash> InclusionProof(std::span<const Hash> leaf_hashes, std::uint64_t index) {
  std::vector<Hash> path;
  while (leaf_hashes.size() > 1) {
    const std::uint64_t split = Split(leaf_hashes.size());
    if (index < split) {
      path.push_back(RootOf(leaf_hashes.subspan(split)));
      leaf_hashes = leaf_hashes.first(split);
    } else {
      path.push_back(RootOf(leaf_hashes.first(split)));
      leaf_hashes = leaf_hashes.subspan(split);
      index -= split;
    }
  }
  std::reverse(path.begin(), path.end());
  return path;
}

bool VerifyInclusion(const Hash& leaf_hash, std::uint64_t index, std::uint64_t size,
                     std::span<const Hash> path, const Hash& root) {
  if (index >= size) return false;
  Walk walk{index, size - 1};
  Hash node = leaf_hash;
  for (const Hash& sibling : path) {
    if (walk.sn == 0) return false;
    if (walk.IsFromLeft()) {
      node = NodeHash(sibling, node);
      walk.SkipMissingSiblings();
    } else {
      node = NodeHash(node, sibling);
    }
    walk.Up();
  }
  return walk.sn == 0 && node == root;
}

std::vector<Hash> ConsistencyProof(std::span<const Hash> leaf_hashes, std::uint64_t old_size) {
  std::vector<Hash> proof;
  if (old_size == 0 || old_size == leaf_hashes.size()) return proof;
  bool is_whole = true;  // whether the old tree is a subtree that the verifier has the root of
  while (old_size < leaf_hashes.size()) {
    const std::uint64_t split = Split(leaf_hashes.size());
    if (old_size <= split) {
      proof.push_back(RootOf(leaf_hashes.subspan(split)));
      leaf_hashes = leaf_hashes.first(split);
    } else {
      proof.push_back(RootOf(leaf_hashes.first(split)));
      leaf_hashes = leaf_hashes.subspan(split);
      old_size -= split;
      is_whole = false;
    }
  }
  if (!is_whole) proof.push_back(RootOf(leaf_hashes));
  std::reverse(proof.begin(), proof.end());
  return proof;
}

bool VerifyConsistency(std::uint64_t old_size, const Hash& old_root, std::uint64_t new_size,
                       const Hash& new_root, std::span<const Hash> proof) {
  if (old_size > new_size) return false;
  if (old_size == new_size) return proof.empty() && old_root == new_root;
  if (old_size == 0) return proof.empty() && old_root == policy::Sha256Of({});
  std::vector<Hash> path(proof.begin(), proof.end());
  if (std::has_single_bit(old_size)) path.insert(path.begin(), old_root);
  if (path.empty()) return false;
  Walk walk{old_size - 1, new_size - 1};
  while ((walk.fn & 1) == 1) walk.Up();
  Hash old_node = path.front();
  Hash new_node = path.front();
  for (const Hash& sibling : std::span(path).subspan(1)) {
    if (walk.sn == 0) return false;
    if (walk.IsFromLeft()) {
      old_node = NodeHash(sibling, old_node);
      new_node = NodeHash(sibling, new_node);
      walk.SkipMissingSiblings();
    } else {
      new_node = NodeHash(new_node, sibling);
    }
    walk.Up();
  }
  return walk.sn == 0 && old_node == old_root && new_node == new_root;
}

}  // namespace agent::history
