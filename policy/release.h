#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/digest.h"
#include "policy/indicator.h"
#include "policy/result.h"

namespace policy {

// What changes between two lists: canonical lines (LineOf), each sorted bytewise and disjoint.
struct Delta {
  std::vector<std::string> added;
  std::vector<std::string> removed;
  bool empty() const { return added.empty() && removed.empty(); }
};

// A list at one release: the sorted canonical lines of what is to be blocked, one newline after
// each, in one text. Its digest is the SHA-256 of that text, which anybody can redo with
// `LC_ALL=C sort` and `sha256sum`. Immutable; readers share it.
class ListSnapshot {
 public:
  // `text` must be sorted bytewise, without duplicates, each line a canonical LineOf form.
  static Result<std::shared_ptr<const ListSnapshot>> Parse(std::string text);
  static std::shared_ptr<const ListSnapshot> Empty();
  // Sorts and removes duplicates; trusts that each line is canonical.
  static std::shared_ptr<const ListSnapshot> FromLines(std::vector<std::string> lines);

  const std::string& text() const { return text_; }
  const Sha256& digest() const { return digest_; }
  std::size_t size() const { return line_at_.size(); }
  std::string_view line(std::size_t index) const;
  bool Contains(std::string_view line) const;

  // Adding what is there, or removing what is not, is a `conflict`: the delta was not made for
  // this snapshot.
  Result<std::shared_ptr<const ListSnapshot>> Apply(const Delta& delta) const;

 private:
  ListSnapshot(std::string text, std::vector<std::uint32_t> line_at);
  std::string text_;
  std::vector<std::uint32_t> line_at_;  // offset of each line
  Sha256 digest_;
};

Delta Difference(const ListSnapshot& from, const ListSnapshot& to);

// The lists of blocked things by kind, parsed once from a snapshot, for renderers.
struct BlockSet {
  std::vector<Domain> domains;
  std::vector<IpPrefix> prefixes;
  std::vector<Url> urls;
};
Result<BlockSet> BlockSetOf(const ListSnapshot& list);

}  // namespace policy
