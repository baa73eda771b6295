#include "policy/name_index.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "policy/domain.h"

namespace policy {
namespace {

// Debian's build of Abseil has its own string_view, which std's does not convert to.
absl::string_view Key(std::string_view text) {
  return {text.data(), text.size()};
}
std::string_view View(absl::string_view text) {
  return {text.data(), text.size()};
}

// Hands `visit` the name's top-level label, then one label more each time, until it says stop.
template <class Visit>
void WalkDown(std::string_view name, Visit visit) {
  for (std::size_t end = name.size(); end > 0;) {
    const std::size_t dot = name.rfind('.', end - 1);
    const std::size_t begin = dot == std::string_view::npos ? 0 : dot + 1;
    if (!visit(name.substr(begin)) || begin == 0) return;
    end = dot;
  }
}

bool Holds(const std::vector<NameIndex::Found>& found, std::uint32_t source,
           NameIndex::Place place) {
  return std::any_of(found.begin(), found.end(), [&](const NameIndex::Found& f) {
    return f.source == source && f.place == place;
  });
}

void SortAndJoin(std::vector<NameRecord>& records) {
  std::sort(records.begin(), records.end(), [](const NameRecord& a, const NameRecord& b) {
    return std::tie(a.name, a.source, b.subtree) < std::tie(b.name, b.source, a.subtree);
  });
  // Of equal ones the first stays, which speaks for its subtree if any does.
  const auto same = [](const NameRecord& a, const NameRecord& b) {
    return a.source == b.source && a.name == b.name;
  };
  records.erase(std::unique(records.begin(), records.end(), same), records.end());
}

}  // namespace

NameIndex::NameIndex(std::vector<NameRecord> records) {
  SortAndJoin(records);
  size_ = records.size();
  AddEntries(records);
  AddAncestors();
}

void NameIndex::AddEntries(const std::vector<NameRecord>& records) {
  std::size_t bytes = 0;
  for (const NameRecord& record : records) bytes += record.name.size();
  text_.reserve(bytes);  // never grows beyond, since views into it are kept
  entries_.reserve(records.size());
  nodes_.reserve(records.size() + records.size() / 2);
  Node* node = nullptr;
  std::string_view previous;
  for (const NameRecord& record : records) {
    if (record.name != previous) {
      const char* begin = text_.data() + text_.size();
      text_.insert(text_.end(), record.name.begin(), record.name.end());
      previous = record.name;
      node = &nodes_[absl::string_view(begin, record.name.size())];
      node->entries_at = static_cast<std::uint32_t>(entries_.size());
    }
    entries_.push_back({record.source, record.subtree});
    ++node->entry_count;
    node->covers_subtree = node->covers_subtree || record.subtree;
  }
}

void NameIndex::AddAncestors() {
  struct Descent {
    std::string_view ancestor;
    std::uint32_t source;
    std::string_view entry;
  };
  std::vector<Descent> descents;
  for (const auto& [key, node] : nodes_) {
    const std::string_view name = View(key);
    for (auto above = ParentName(name); !above.empty(); above = ParentName(above)) {
      for (std::uint32_t i = 0; i < node.entry_count; ++i) {
        descents.push_back({above, entries_[node.entries_at + i].source, name});
      }
    }
  }
  std::sort(descents.begin(), descents.end(), [](const Descent& a, const Descent& b) {
    return std::tie(a.ancestor, a.source, a.entry) < std::tie(b.ancestor, b.source, b.entry);
  });
  const auto same = [](const Descent& a, const Descent& b) {
    return a.source == b.source && a.ancestor == b.ancestor;
  };
  descents.erase(std::unique(descents.begin(), descents.end(), same), descents.end());

  below_.reserve(descents.size());
  Node* node = nullptr;
  std::string_view previous;
  for (const Descent& descent : descents) {
    if (descent.ancestor != previous) {
      previous = descent.ancestor;
      node = &nodes_[Key(descent.ancestor)];
      node->below_at = static_cast<std::uint32_t>(below_.size());
    }
    below_.push_back({descent.source,
                      static_cast<std::uint32_t>(descent.entry.data() - text_.data()),
                      static_cast<std::uint8_t>(descent.entry.size())});
    ++node->below_count;
  }
}

const NameIndex::Node* NameIndex::NodeOf(std::string_view name) const {
  const auto at = nodes_.find(Key(name));
  return at == nodes_.end() ? nullptr : &at->second;
}

bool NameIndex::Touches(std::string_view name) const {
  bool touches = false;
  WalkDown(name, [&](std::string_view suffix) {
    const Node* node = NodeOf(suffix);
    if (node == nullptr) return false;
    // The whole name is in the index only as an entry or as an entry's ancestor.
    touches = node->covers_subtree || suffix.size() == name.size();
    return !touches;
  });
  return touches;
}

std::vector<NameIndex::Found> NameIndex::Find(std::string_view name) const {
  std::vector<std::pair<std::string_view, const Node*>> known;
  WalkDown(name, [&](std::string_view suffix) {
    const Node* node = NodeOf(suffix);
    if (node != nullptr) known.emplace_back(suffix, node);
    return node != nullptr;
  });
  std::vector<Found> found;
  // From the name upwards, so that the nearest entry of a source is the one that is told.
  for (auto at = known.rbegin(); at != known.rend(); ++at) {
    const auto& [suffix, node] = *at;
    const bool whole = suffix.size() == name.size();
    const Place place = whole ? Place::same : Place::above;
    const std::string_view entry = View(nodes_.find(Key(suffix))->first);
    for (std::uint32_t i = 0; i < node->entry_count; ++i) {
      const Entry& e = entries_[node->entries_at + i];
      if ((whole || e.subtree) && !Holds(found, e.source, place)) {
        found.push_back({e.source, place, entry});
      }
    }
    for (std::uint32_t i = 0; whole && i < node->below_count; ++i) {
      const Below& b = below_[node->below_at + i];
      found.push_back({b.source, Place::below, {text_.data() + b.at, b.size}});
    }
  }
  return found;
}

}  // namespace policy
