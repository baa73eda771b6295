#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "policy/ip_prefix.h"

namespace policy {

// An allowlist entry that is a prefix.
struct PrefixRecord {
  IpPrefix prefix;
  std::uint32_t source;
  std::uint8_t strength;  // of what it forbids; more is stronger
};

// Finds the entries of one address family that cover a prefix and those inside it. Distinct
// prefixes stand in ascending order, wider first, each knowing the next wider one around it: those
// around a target are then a short climb from one binary search, and those inside it are one range.
// Immutable, hence safe from any thread.
template <class Address>
class PrefixIndex {
 public:
  struct Node {
    Address first;
    std::uint32_t parent;   // none, or the narrowest prefix around this one
    std::uint32_t entries;  // where its sources begin
    std::uint8_t length;
    std::uint8_t strength;  // the strongest entry's
  };
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  PrefixIndex() = default;
  // `records` ascending by prefix, then source, without duplicates; all of this family.
  explicit PrefixIndex(std::span<const PrefixRecord> records) {
    sources_.reserve(records.size());
    const IpPrefix* previous = nullptr;
    for (const PrefixRecord& record : records) {
      if (previous == nullptr || record.prefix != *previous) AddNode(record.prefix);
      nodes_.back().strength = std::max(nodes_.back().strength, record.strength);
      sources_.push_back(record.source);
      previous = &record.prefix;
    }
    nodes_.shrink_to_fit();
    FillGuide();
  }

  bool Touches(const IpPrefix& target) const {
    const std::size_t next = After(target);
    return IsInside(next, target) || NarrowestAround(next, target) != none;
  }

  // The prefixes that are or cover `target`, narrowest first.
  template <class Visit>
  void VisitAround(const IpPrefix& target, Visit visit) const {
    std::uint32_t at = NarrowestAround(After(target), target);
    for (; at != none; at = nodes_[at].parent) visit(nodes_[at]);
  }

  // The prefixes inside `target` and narrower than it, ascending, until `visit` says stop.
  template <class Visit>
  void VisitInside(const IpPrefix& target, Visit visit) const {
    for (std::size_t at = After(target); IsInside(at, target); ++at) {
      if (!visit(nodes_[at])) return;
    }
  }

  std::span<const std::uint32_t> SourcesOf(const Node& node) const {
    const std::size_t next = static_cast<std::size_t>(&node - nodes_.data()) + 1;
    const std::size_t end = next < nodes_.size() ? nodes_[next].entries : sources_.size();
    return std::span(sources_).subspan(node.entries, end - node.entries);
  }

 private:
  static constexpr int bits = sizeof(Address) * 8;

  static Address LastOf(const Node& node) {
    const int host_bits = bits - node.length;
    const Address hosts = host_bits == bits ? static_cast<Address>(~Address{0})
                                            : static_cast<Address>((Address{1} << host_bits) - 1);
    return node.first | hosts;
  }

  // The top bits of an address lead to a stretch of nodes_ that a few comparisons search.
  static constexpr int guide_bits = 16;
  static std::size_t GuideOf(Address address) {
    return static_cast<std::size_t>(address >> (bits - guide_bits));
  }

  void FillGuide() {
    if (nodes_.empty()) return;
    guide_.assign((std::size_t{1} << guide_bits) + 1, 0);
    for (const Node& node : nodes_) ++guide_[GuideOf(node.first) + 1];
    for (std::size_t i = 1; i < guide_.size(); ++i) guide_[i] += guide_[i - 1];
  }

  void AddNode(const IpPrefix& prefix) {
    const auto first = static_cast<Address>(prefix.first());
    std::uint32_t around = nodes_.empty() ? none : static_cast<std::uint32_t>(nodes_.size() - 1);
    while (around != none && LastOf(nodes_[around]) < first) around = nodes_[around].parent;
    nodes_.push_back({first, around, static_cast<std::uint32_t>(sources_.size()),
                      static_cast<std::uint8_t>(prefix.length()), 0});
  }

  // The first node that stands after `target`: past those equal to it or around it.
  std::size_t After(const IpPrefix& target) const {
    if (nodes_.empty()) return 0;
    const auto first = static_cast<Address>(target.first());
    const auto begin = nodes_.begin() + guide_[GuideOf(first)];
    const auto end = nodes_.begin() + guide_[GuideOf(first) + 1];
    const auto at = std::partition_point(begin, end, [&](const Node& node) {
      return node.first < first || (node.first == first && node.length <= target.length());
    });
    return static_cast<std::size_t>(at - nodes_.begin());
  }

  bool IsInside(std::size_t at, const IpPrefix& target) const {
    return at < nodes_.size() && nodes_[at].first <= static_cast<Address>(target.last());
  }

  std::uint32_t NarrowestAround(std::size_t next, const IpPrefix& target) const {
    if (next == 0) return none;
    auto at = static_cast<std::uint32_t>(next - 1);
    const auto last = static_cast<Address>(target.last());
    while (at != none && LastOf(nodes_[at]) < last) at = nodes_[at].parent;
    return at;
  }

  std::vector<Node> nodes_;
  std::vector<std::uint32_t> sources_;
  std::vector<std::uint32_t> guide_;  // guide_[g]: the first node whose top bits are g or more
};

}  // namespace policy
