#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/feeds/zone_file.h"
#include "policy/domain.h"
#include "policy/ip_prefix.h"
#include "policy/result.h"

namespace agent::feeds {

// The vocabulary of response policy zones (draft-vixie-dnsop-dns-rpz-00, and BIND's manual).

enum class RpzAction : std::uint8_t { block, passthru, tcp_only, rewrite };

// What a record does to what its owner names. "." and "*." deny that it exists, "rpz-drop." does
// not answer; data and names of the zone's own rewrite the answer. `trigger` is the owner without
// the zone's name: a CNAME to itself is the old way to write "rpz-passthru.".
RpzAction ActionOf(const ZoneRecord& record, std::string_view trigger);

struct NameTrigger {
  policy::Domain name;
  bool is_wildcard;  // stands for the names below it, not for itself
};
using RpzTrigger = std::variant<NameTrigger, policy::IpPrefix>;

// Reads an owner without its zone: a name, "*.NAME", or "LENGTH.REVERSED-ADDRESS.rpz-ip".
// `not_allowed` for the triggers that are about name servers or clients, `malformed_input` for what
// is none; the error's text is a class, so that it can be counted.
policy::Result<RpzTrigger> ParseRpzTrigger(std::string_view trigger);

}  // namespace agent::feeds
