#pragma once

#include <string>
#include <string_view>

#include "policy/ip_prefix.h"

namespace exporters::rpz {

// Owner names of a response policy zone (draft-vixie-dnsop-dns-rpz-00, BIND 9 ARM "RPZ"), without
// the zone's own name.

// The owner whose TXT record says which list the zone holds. Its single label can't be a name that
// somebody blocks.
inline constexpr std::string_view stamp_owner = "_sekisho";

// Whether RPZ can express "this name and all below it". It can't if `*.name.zone` takes more than
// 255 octets on the wire, or if the zone would read the name as something else: names under
// rpz-ip, rpz-client-ip and their like are triggers of another kind.
bool CanTrigger(std::string_view name, std::string_view zone);

// BIND reads a prefix of length 0 as an error.
bool CanTrigger(const policy::IpPrefix& prefix);

// "24.0.2.0.192.rpz-ip", "48.zz.db8.2001.rpz-ip": in the one form that BIND calls canonical, since
// it skips every other.
std::string AddressTrigger(const policy::IpPrefix& prefix);

}  // namespace exporters::rpz
