#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "exporters/nftables/sets.h"
#include "policy/ip_prefix.h"

namespace exporters::nftables {

// The prefixes of a list, nested ones included, in an order that tells at once which of them are
// outermost: those are the elements of the interval sets. A change of one prefix costs O(log n),
// and O(k log n) for the k prefixes that come out from under a removed one. Not thread-safe.
class NestedNets {
 public:
  explicit NestedNets(std::span<const policy::IpPrefix> nets);

  // Takes prefixes out, then others in, and says how the outermost ones change, netted out.
  // Removing what is not there, and adding what is, changes nothing.
  SetChanges Apply(std::span<const policy::IpPrefix> removed,
                   std::span<const policy::IpPrefix> added);

  // The outermost prefix that contains `net`, which may be itself.
  std::optional<policy::IpPrefix> Outermost(const policy::IpPrefix& net) const;

 private:
  using Lengths = std::array<std::size_t, 129>;  // how many prefixes of each length

  void Insert(const policy::IpPrefix& net);
  void Erase(const policy::IpPrefix& net);
  std::vector<policy::IpPrefix> OutermostInside(const policy::IpPrefix& net) const;
  Lengths& LengthsOf(const policy::IpPrefix& net);

  std::set<policy::IpPrefix> nets_;
  std::array<Lengths, 2> lengths_{};
};

}  // namespace exporters::nftables
