#include "exporters/nftables/nested_nets.h"

#include <algorithm>
#include <map>

namespace exporters::nftables {

using policy::IpFamily;
using policy::IpPrefix;
using policy::Uint128;

namespace {

std::optional<IpPrefix> Shortened(const IpPrefix& net, int length) {
  const int bits = net.length_max() - length;
  const Uint128 mask = bits == 128 ? Uint128{0} : ~((Uint128{1} << bits) - 1);
  auto shorter = IpPrefix::From(net.family(), net.first() & mask, length);
  if (!shorter) return std::nullopt;
  return *shorter;
}

std::size_t IndexOf(IpFamily family) {
  return family == IpFamily::v4 ? 0 : 1;
}

}  // namespace

NestedNets::NestedNets(std::span<const IpPrefix> nets) : nets_(nets.begin(), nets.end()) {
  for (const IpPrefix& net : nets_) ++LengthsOf(net)[static_cast<std::size_t>(net.length())];
}

NestedNets::Lengths& NestedNets::LengthsOf(const IpPrefix& net) {
  return lengths_[IndexOf(net.family())];
}

void NestedNets::Insert(const IpPrefix& net) {
  if (nets_.insert(net).second) ++LengthsOf(net)[static_cast<std::size_t>(net.length())];
}

void NestedNets::Erase(const IpPrefix& net) {
  if (nets_.erase(net) == 1) --LengthsOf(net)[static_cast<std::size_t>(net.length())];
}

std::optional<IpPrefix> NestedNets::Outermost(const IpPrefix& net) const {
  const Lengths& lengths = lengths_[IndexOf(net.family())];
  for (int length = 0; length <= net.length(); ++length) {
    if (lengths[static_cast<std::size_t>(length)] == 0) continue;
    const auto candidate = Shortened(net, length);
    if (candidate && nets_.contains(*candidate)) return candidate;
  }
  return std::nullopt;
}

std::vector<IpPrefix> NestedNets::OutermostInside(const IpPrefix& net) const {
  std::vector<IpPrefix> inside;
  for (auto at = nets_.upper_bound(net); at != nets_.end() && net.Contains(*at);) {
    inside.push_back(*at);
    // The narrowest prefix at the end of *at is the last that can be within it.
    const auto last = IpPrefix::From(at->family(), at->last(), at->length_max());
    at = last ? nets_.upper_bound(*last) : nets_.end();
  }
  return inside;
}

SetChanges NestedNets::Apply(std::span<const IpPrefix> removed, std::span<const IpPrefix> added) {
  std::map<IpPrefix, int> net_change;
  for (const IpPrefix& net : removed) {
    if (!nets_.contains(net)) continue;
    const bool was_outermost = Outermost(net) == net;
    Erase(net);
    if (!was_outermost) continue;
    --net_change[net];
    for (const IpPrefix& bared : OutermostInside(net)) ++net_change[bared];
  }
  for (const IpPrefix& net : added) {
    if (nets_.contains(net)) continue;
    if (!Outermost(net)) {
      for (const IpPrefix& covered : OutermostInside(net)) --net_change[covered];
      ++net_change[net];
    }
    Insert(net);
  }
  SetChanges changes;
  for (const auto& [net, change] : net_change) {
    if (change < 0) changes.removed[SetOf(net)].push_back(RangeOf(net));
    if (change > 0) changes.added[SetOf(net)].push_back(RangeOf(net));
  }
  return changes;
}

}  // namespace exporters::nftables
