#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "policy/ip_prefix.h"
#include "policy/release.h"
#include "policy/result.h"

namespace exporters::nftables {

// Single addresses are in hash sets, where a change costs the same whatever the size; wider
// prefixes in interval sets. Both are per family, since a set holds one type.
enum class SetId : std::uint8_t { v4_hosts, v6_hosts, v4_nets, v6_nets };
inline constexpr std::array<SetId, 4> kSets{SetId::v4_hosts, SetId::v6_hosts, SetId::v4_nets,
                                            SetId::v6_nets};

const char* NameOf(SetId set);
inline bool IsInterval(SetId set) {
  return set == SetId::v4_nets || set == SetId::v6_nets;
}
inline bool IsV4(SetId set) {
  return set == SetId::v4_hosts || set == SetId::v4_nets;
}
inline std::size_t KeySize(SetId set) {
  return IsV4(set) ? 4 : 16;
}

// From first to last, both included, in host order.
struct Range {
  policy::Uint128 first;
  policy::Uint128 last;
  friend bool operator==(const Range& a, const Range& b) = default;
  friend bool operator<(const Range& a, const Range& b) {
    return a.first != b.first ? a.first < b.first : a.last < b.last;
  }
};

// What the four sets hold, each ascending and disjoint; indexed by SetId.
struct SetContents {
  std::array<std::vector<Range>, 4> of;

  std::vector<Range>& operator[](SetId set) { return of[static_cast<std::size_t>(set)]; }
  const std::vector<Range>& operator[](SetId set) const {
    return of[static_cast<std::size_t>(set)];
  }
  std::size_t size() const { return of[0].size() + of[1].size() + of[2].size() + of[3].size(); }
};

SetId SetOf(const policy::IpPrefix& prefix);
Range RangeOf(const policy::IpPrefix& prefix);
std::string ToString(SetId set, const Range& range);  // "192.0.2.0-192.0.2.255"

// The `ip` lines of a list; the rest a packet filter has no means to enforce.
struct Addresses {
  std::vector<policy::IpPrefix> hosts;
  std::vector<policy::IpPrefix> nets;
  std::uint64_t not_enforceable = 0;
};

// Refuses a prefix of length 0: nft would take it, and cut the machine off.
policy::Result<Addresses> AddressesOf(const policy::ListSnapshot& list);
// Likewise for the lines of one side of a delta; `lines` not of kind `ip` are counted.
policy::Result<Addresses> AddressesOf(const std::vector<std::string>& lines);

// Everything that the sets shall hold: each host, and of nested nets the outermost, since an
// interval set refuses overlaps.
SetContents ContentsOf(const Addresses& addresses);

// What has to go and to come to turn `from` into `to`.
struct SetChanges {
  SetContents removed;
  SetContents added;
  std::size_t size() const { return removed.size() + added.size(); }
};
SetChanges Difference(const SetContents& from, const SetContents& to);

}  // namespace exporters::nftables
