#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/digest.h"
#include "policy/indicator.h"
#include "policy/result.h"
#include "policy/terms.h"

namespace policy {

// What changes between two lists: canonical lines (LineOf), each sorted bytewise and disjoint.
struct Delta {
  std::vector<std::string> added;
  std::vector<std::string> removed;
  PackedTerms terms = {};                  // of `added`; empty where nobody needs them
  std::vector<std::string> retermed = {};  // lines that stay, on other terms
  PackedTerms new_terms = {};              // of `retermed`
  bool empty() const { return added.empty() && removed.empty() && retermed.empty(); }
};

// A line and its terms, while a list is made.
struct TermedLine {
  std::string line;
  Terms terms;
};

// What tells a list from every other: digests of its text, and of its lines' terms.
struct ListId {
  Sha256 digest{};
  Sha256 terms{};
  friend bool operator==(const ListId&, const ListId&) = default;
};

// A list at one release: the sorted canonical lines of what is to be blocked, one newline after
// each, in one text. Its digest is the SHA-256 of that text, which anybody can redo with
// `LC_ALL=C sort` and `sha256sum`. Beside each line stand its terms, with a digest of their own.
// Immutable; readers share it.
class ListSnapshot {
 public:
  // `text` must be sorted bytewise, without duplicates, each line a canonical LineOf form. `terms`
  // are those of the lines, or none at all.
  static Result<std::shared_ptr<const ListSnapshot>> Parse(std::string text,
                                                           PackedTerms terms = {});
  // Reads what TermedText wrote.
  static Result<std::shared_ptr<const ListSnapshot>> ParseTermed(std::string_view text);
  static std::shared_ptr<const ListSnapshot> Empty();
  // Sorts and removes duplicates; trusts that each line is canonical.
  static std::shared_ptr<const ListSnapshot> FromLines(std::vector<std::string> lines);
  static std::shared_ptr<const ListSnapshot> FromTermed(std::vector<TermedLine> lines);

  const std::string& text() const { return text_; }
  const Sha256& digest() const { return digest_; }
  ListId id() const { return {digest_, terms_digest_}; }
  std::size_t size() const { return line_at_.size(); }
  std::string_view line(std::size_t index) const;
  // `Terms{}` in a list without any.
  Terms terms(std::size_t index) const { return terms_.empty() ? Terms{} : terms_[index]; }
  const PackedTerms& all_terms() const { return terms_; }
  // The line's index; `size()` if the list lacks it.
  std::size_t Find(std::string_view line) const;
  bool Contains(std::string_view line) const { return Find(line) != size(); }
  // "LINE<TAB>EXPIRES<TAB>RISK\n" for each line, or its plain text if it has no terms.
  std::string TermedText() const;

  // The list of those lines alone that `keeps` says by their index.
  std::shared_ptr<const ListSnapshot> Select(const std::function<bool(std::size_t)>& keeps) const;

  // Adding what is there, or removing or reterming what is not, is a `conflict`: the delta was not
  // made for this snapshot.
  Result<std::shared_ptr<const ListSnapshot>> Apply(const Delta& delta) const;

 private:
  ListSnapshot(std::string text, std::vector<std::uint32_t> line_at, PackedTerms terms);
  std::string text_;
  std::vector<std::uint32_t> line_at_;  // offset of each line
  PackedTerms terms_;                   // of each line, or none
  Sha256 digest_;
  Sha256 terms_digest_;
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
