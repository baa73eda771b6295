#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace policy {

// An allowlist entry that is a name. `name` is canonical.
struct NameRecord {
  std::string name;
  std::uint32_t source;
  bool subtree;  // whether it speaks for the names below it too
};

// Finds the entries that cover a name and those below it. The index holds each entry and each of
// its ancestors, so that a walk from the top-level label downwards ends at the first name that it
// does not know: for most names after two look-ups. Immutable, hence safe from any thread.
class NameIndex {
 public:
  // What an entry is to the name asked about.
  enum class Place : std::uint8_t { same, above, below };
  struct Found {
    std::uint32_t source;
    Place place;
    std::string_view entry;  // into the index
  };

  NameIndex() = default;
  // Two records of one name and one source count as one.
  explicit NameIndex(std::vector<NameRecord> records);
  NameIndex(NameIndex&&) noexcept = default;
  NameIndex& operator=(NameIndex&&) noexcept = default;

  bool Touches(std::string_view name) const;
  // Each source at most once for each place: the nearest entry above, the first one below.
  std::vector<Found> Find(std::string_view name) const;

  std::size_t size() const { return size_; }

 private:
  struct Entry {
    std::uint32_t source;
    bool subtree;
  };
  struct Below {
    std::uint32_t source;
    std::uint32_t at;   // of an example, in text_
    std::uint8_t size;  // a canonical name has at most 253 octets
  };
  // What the index knows of one name: ranges of entries_ and below_.
  struct Node {
    std::uint32_t entries_at = 0;
    std::uint32_t below_at = 0;
    std::uint16_t entry_count = 0;
    std::uint16_t below_count = 0;
    bool covers_subtree = false;
  };

  const Node* NodeOf(std::string_view name) const;
  void AddEntries(const std::vector<NameRecord>& records);
  void AddAncestors();

  std::vector<char> text_;  // a vector's bytes stay where they are when it moves
  absl::flat_hash_map<absl::string_view, Node> nodes_;  // views into text_
  std::vector<Entry> entries_;
  std::vector<Below> below_;
  std::size_t size_ = 0;
};

}  // namespace policy
