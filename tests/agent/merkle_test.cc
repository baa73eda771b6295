#include "agent/history/merkle.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace agent::history {
namespace {

// RFC 6962, 2.1, word for word: slow, and obviously right.
Hash SlowRoot(const std::vector<Hash>& leaves) {
  if (leaves.empty()) return policy::Sha256Of("");
  if (leaves.size() == 1) return leaves.front();
  std::size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  const auto middle = leaves.begin() + static_cast<std::ptrdiff_t>(k);
  return NodeHash(SlowRoot({leaves.begin(), middle}), SlowRoot({middle, leaves.end()}));
}

std::vector<Hash> SomeLeaves(std::size_t count) {
  std::vector<Hash> leaves;
  for (std::size_t i = 0; i < count; ++i) leaves.push_back(LeafHash("leaf " + std::to_string(i)));
  return leaves;
}

std::vector<Hash> Start(const std::vector<Hash>& leaves, std::size_t count) {
  return {leaves.begin(), leaves.begin() + static_cast<std::ptrdiff_t>(count)};
}

Hash WithBitFlipped(Hash hash) {
  hash[7] ^= 0x10;
  return hash;
}

// The tree of certificate-transparency's tests (merkle_tree_test.cc): these leaves, and the roots
// of its first 1 to 8.
const std::vector<std::string> known_leaves{
    std::string(),
    std::string("\x00", 1),
    std::string("\x10"),
    std::string("\x20\x21"),
    "\x30\x31",
    "\x40\x41\x42\x43",
    "\x50\x51\x52\x53\x54\x55\x56\x57",
    "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"};
const std::vector<std::string> known_roots{
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

TEST(MerkleTest, GivesTheKnownRoots) {
  CompactTree tree;
  EXPECT_EQ(policy::ToHex(tree.root()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  for (std::size_t i = 0; i < known_leaves.size(); ++i) {
    tree.Append(LeafHash(known_leaves[i]));
    EXPECT_EQ(tree.size(), i + 1);
    EXPECT_EQ(policy::ToHex(tree.root()), known_roots[i]) << i + 1 << " leaves";
  }
}

TEST(MerkleTest, AgreesWithTheSlowDefinition) {
  const auto leaves = SomeLeaves(200);
  CompactTree tree;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    tree.Append(leaves[i]);
    ASSERT_EQ(tree.root(), SlowRoot(Start(leaves, i + 1))) << i + 1 << " leaves";
  }
}

TEST(MerkleTest, AKnownPathOfTheRfcsExampleTree) {
  const auto leaves = SomeLeaves(7);  // RFC 6962, 2.1.3: the path of d0 is [b, h, l]
  const Hash b = leaves[1];
  const Hash h = NodeHash(leaves[2], leaves[3]);
  const Hash l = NodeHash(NodeHash(leaves[4], leaves[5]), leaves[6]);
  EXPECT_EQ(InclusionProof(leaves, 0), (std::vector<Hash>{b, h, l}));
  const Hash c = leaves[2];
  const Hash d = leaves[3];
  const Hash g = NodeHash(leaves[0], leaves[1]);
  EXPECT_EQ(ConsistencyProof(leaves, 3), (std::vector<Hash>{c, d, g, l}));
  EXPECT_EQ(ConsistencyProof(leaves, 4), (std::vector<Hash>{l}));
}

TEST(MerkleTest, EveryEntryOfEveryTreeIsProvable) {
  const auto leaves = SomeLeaves(40);
  for (std::size_t size = 1; size <= leaves.size(); ++size) {
    const auto tree = Start(leaves, size);
    const Hash root = SlowRoot(tree);
    for (std::size_t index = 0; index < size; ++index) {
      const auto path = InclusionProof(tree, index);
      ASSERT_TRUE(VerifyInclusion(leaves[index], index, size, path, root)) << index << "/" << size;
      ASSERT_FALSE(VerifyInclusion(WithBitFlipped(leaves[index]), index, size, path, root));
      ASSERT_FALSE(VerifyInclusion(leaves[index], index, size, path, WithBitFlipped(root)));
      ASSERT_FALSE(VerifyInclusion(leaves[index], size, size, path, root));
      auto longer = path;
      longer.push_back(root);
      ASSERT_FALSE(VerifyInclusion(leaves[index], index, size, longer, root));
      for (std::size_t i = 0; i < path.size(); ++i) {
        auto wrong = path;
        wrong[i] = WithBitFlipped(wrong[i]);
        ASSERT_FALSE(VerifyInclusion(leaves[index], index, size, wrong, root));
      }
    }
  }
}

TEST(MerkleTest, EveryTreeIsProvablyAStartOfEveryLarger) {
  const auto leaves = SomeLeaves(40);
  for (std::size_t size = 0; size <= leaves.size(); ++size) {
    const auto tree = Start(leaves, size);
    const Hash root = SlowRoot(tree);
    for (std::size_t old_size = 0; old_size <= size; ++old_size) {
      const Hash old_root = SlowRoot(Start(leaves, old_size));
      const auto proof = ConsistencyProof(tree, old_size);
      ASSERT_TRUE(VerifyConsistency(old_size, old_root, size, root, proof))
          << old_size << " in " << size;
      ASSERT_FALSE(VerifyConsistency(old_size, WithBitFlipped(old_root), size, root, proof));
      if (old_size > 0) {
        ASSERT_FALSE(VerifyConsistency(old_size, old_root, size, WithBitFlipped(root), proof));
      }
      for (std::size_t i = 0; i < proof.size(); ++i) {
        auto wrong = proof;
        wrong[i] = WithBitFlipped(wrong[i]);
        ASSERT_FALSE(VerifyConsistency(old_size, old_root, size, root, wrong));
      }
    }
  }
}

}  // namespace
}  // namespace agent::history
