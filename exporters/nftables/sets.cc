#include "exporters/nftables/sets.h"

#include <algorithm>
#include <iterator>

#include "exporters/ip_lines.h"

namespace exporters::nftables {
namespace {

using policy::IpFamily;
using policy::IpPrefix;

policy::Result<Addresses> Split(const policy::Result<IpLines>& lines) {
  if (!lines) return tl::unexpected(lines.error());
  Addresses addresses;
  addresses.not_enforceable = lines->others;
  for (const IpPrefix& prefix : lines->prefixes) {
    (prefix.is_address() ? addresses.hosts : addresses.nets).push_back(prefix);
  }
  return addresses;
}

std::string AddressText(SetId set, policy::Uint128 address) {
  const auto prefix =
      IpPrefix::From(IsV4(set) ? IpFamily::v4 : IpFamily::v6, address, IsV4(set) ? 32 : 128);
  return prefix ? prefix->AddressString() : "?";
}

}  // namespace

const char* NameOf(SetId set) {
  switch (set) {
    case SetId::v4_hosts: return "v4_hosts";
    case SetId::v6_hosts: return "v6_hosts";
    case SetId::v4_nets: return "v4_nets";
    case SetId::v6_nets: return "v6_nets";
  }
  return "";
}

SetId SetOf(const IpPrefix& prefix) {
  if (prefix.family() == IpFamily::v4) {
    return prefix.is_address() ? SetId::v4_hosts : SetId::v4_nets;
  }
  return prefix.is_address() ? SetId::v6_hosts : SetId::v6_nets;
}

Range RangeOf(const IpPrefix& prefix) {
  return {prefix.first(), prefix.last()};
}

std::string ToString(SetId set, const Range& range) {
  const std::string first = AddressText(set, range.first);
  return range.first == range.last ? first : first + "-" + AddressText(set, range.last);
}

policy::Result<Addresses> AddressesOf(const policy::ListSnapshot& list) {
  return Split(IpLinesOf(list));
}

policy::Result<Addresses> AddressesOf(const std::vector<std::string>& lines) {
  return Split(IpLinesOf(lines));
}

SetContents ContentsOf(const Addresses& addresses) {
  SetContents contents;
  for (const IpPrefix& host : addresses.hosts) contents[SetOf(host)].push_back(RangeOf(host));
  std::vector<IpPrefix> nets = addresses.nets;
  std::sort(nets.begin(), nets.end());  // wider first at the same address
  const IpPrefix* outer = nullptr;
  for (const IpPrefix& net : nets) {
    if (outer != nullptr && outer->Contains(net)) continue;
    contents[SetOf(net)].push_back(RangeOf(net));
    outer = &net;
  }
  for (const SetId set : {SetId::v4_hosts, SetId::v6_hosts}) {
    std::sort(contents[set].begin(), contents[set].end());
  }
  return contents;
}

SetChanges Difference(const SetContents& from, const SetContents& to) {
  SetChanges changes;
  for (const SetId set : kSets) {
    std::set_difference(from[set].begin(), from[set].end(), to[set].begin(), to[set].end(),
                        std::back_inserter(changes.removed[set]));
    std::set_difference(to[set].begin(), to[set].end(), from[set].begin(), from[set].end(),
                        std::back_inserter(changes.added[set]));
  }
  return changes;
}

}  // namespace exporters::nftables
