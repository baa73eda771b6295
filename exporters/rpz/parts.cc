#include "exporters/rpz/parts.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace exporters::rpz {
namespace {

using policy::Delta;
using policy::ListSnapshot;

std::uint64_t Fnv1a(std::string_view bytes) {
  std::uint64_t hash = 0xcbf2'9ce4'8422'2325U;
  for (const char byte : bytes) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100'0000'01b3U;
  }
  return hash;
}

std::string_view LastTwoLabels(std::string_view name) {
  const std::size_t last = name.rfind('.');
  if (last == name.npos || last == 0) return name;
  const std::size_t before = name.rfind('.', last - 1);
  return before == name.npos ? name : name.substr(before + 1);
}

std::vector<Delta> Split(const Delta& delta, std::size_t parts) {
  std::vector<Delta> split(parts);
  for (const std::string& line : delta.added) split[PartOf(line, parts)].added.push_back(line);
  for (const std::string& line : delta.removed) split[PartOf(line, parts)].removed.push_back(line);
  return split;
}

// Without owning it.
ListPtr Borrow(const ListSnapshot& list) {
  return {std::shared_ptr<void>(), &list};
}

}  // namespace

std::string PartLabel(std::size_t part) {
  return "p" + std::to_string(part);
}

std::size_t PartOf(std::string_view line, std::size_t parts) {
  if (parts == 1) return 0;
  const std::size_t addresses = std::max<std::size_t>(1, parts / 4);
  const std::size_t names = parts - addresses;
  const std::size_t blank = line.find(' ');
  const std::string_view value = line.substr(blank == line.npos ? line.size() : blank + 1);
  if (line.substr(0, blank) == "domain") return Fnv1a(LastTwoLabels(value)) % names;
  return names + Fnv1a(value) % addresses;
}

std::vector<ListPtr> PartLists::Of(const ListSnapshot& list) {
  if (parts_ == 1) return {Borrow(list)};
  if (kept_ && kept_->digest == list.digest()) return kept_->lists;
  std::vector<std::uint8_t> part_of(list.size());
  for (std::size_t i = 0; i < list.size(); ++i) {
    part_of[i] = static_cast<std::uint8_t>(PartOf(list.line(i), parts_));
  }
  kept_ = Kept{list.digest(), {}};
  for (std::size_t part = 0; part < parts_; ++part) {
    kept_->lists.push_back(list.Select([&](std::size_t line) { return part_of[line] == part; }));
  }
  return kept_->lists;
}

policy::Result<std::vector<PartChange>> PartLists::Of(const Change& change) {
  if (parts_ == 1) {
    const ListPtr base = change.base == nullptr ? nullptr : Borrow(*change.base);
    return std::vector<PartChange>{{base, Borrow(change.list), change.delta}};
  }
  std::vector<PartChange> changes;
  if (change.base == nullptr) {
    for (ListPtr& list : Of(change.list)) changes.push_back({nullptr, std::move(list), {}});
    return changes;
  }
  const std::vector<ListPtr> bases = Of(*change.base);
  std::vector<Delta> deltas = Split(change.delta, parts_);
  Kept kept{change.list.digest(), {}};
  for (std::size_t part = 0; part < parts_; ++part) {
    policy::Result<ListPtr> list = bases[part];
    if (!deltas[part].empty()) list = bases[part]->Apply(deltas[part]);
    if (!list) return tl::unexpected(list.error());
    kept.lists.push_back(*list);
    changes.push_back({bases[part], *std::move(list), std::move(deltas[part])});
  }
  kept_ = std::move(kept);
  return changes;
}

}  // namespace exporters::rpz
