#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "policy/ip_prefix.h"

namespace exporters::rpz {

// Owner names of a response policy zone (draft-vixie-dnsop-dns-rpz-00, BIND 9 ARM "RPZ"), without
// the zone's own name.

// What of a question or its answer a rule looks at.
enum class Trigger : std::uint8_t {
  query_name,      // the name that was asked for
  answer_address,  // an address in the answer: rpz-ip
  server_name,     // the name of a name server on the way to the answer: rpz-nsdname
  server_address,  // its address: rpz-nsip
  client_address,  // who asks: rpz-client-ip
};

// The owner whose TXT record says which list the zone holds. Its last label can't be a name that
// somebody blocks. It has the zone's own name in it, since a resolver with several zones answers
// from the first that has the owner.
std::string StampOwner(std::string_view zone);

// Whether RPZ can express "this name and all below it". It can't if `*.name.zone` takes more than
// 255 octets on the wire, or if the zone would read the name as something else: names under
// rpz-ip, rpz-client-ip and their like are triggers of another kind.
bool CanTrigger(Trigger trigger, std::string_view name, std::string_view zone);

// BIND reads a prefix of length 0 as an error.
bool CanTrigger(const policy::IpPrefix& prefix);

// "evil.example", "evil.example.rpz-nsdname". That with "*." before it is what is below the name.
std::string OwnerOf(Trigger trigger, std::string_view name);

// "24.0.2.0.192.rpz-ip", "48.zz.db8.2001.rpz-ip": in the one form that BIND calls canonical, since
// it skips every other.
std::string OwnerOf(Trigger trigger, const policy::IpPrefix& prefix);

}  // namespace exporters::rpz
