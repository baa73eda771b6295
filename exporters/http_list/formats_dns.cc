// Formats for resolvers, and for what stands in for one.
#include <array>

#include "exporters/http_list/format_families.h"
#include "exporters/http_list/format_text.h"

namespace exporters::http_list {
namespace {

using policy::Indicator;

void AdGuard(const Indicator& indicator, std::string& out) {
  Append(out, "||{}^", Value(indicator));
}

void Dnsmasq(const Indicator& indicator, std::string& out) {
  Append(out, "local=/{}/", Value(indicator));
}

void Hosts(const Indicator& indicator, std::string& out) {
  Append(out, "0.0.0.0 {}", Value(indicator));
}

void UnboundZone(const Indicator& indicator, std::string& out) {
  Append(out, "local-zone: \"{}.\" always_nxdomain", Value(indicator));
}

constexpr std::array formats{
    Format{.name = "adguard",
           .domains = true,
           .nothing = "! sekisho: this list is empty",
           .entry = &AdGuard},
    Format{.name = "dnsmasq", .domains = true, .entry = &Dnsmasq},
    Format{.name = "hosts", .domains = true, .entry = &Hosts},
    Format{.name = "unbound", .domains = true, .head = "server:\n", .entry = &UnboundZone},
};

}  // namespace

std::span<const Format> DnsFormats() {
  return formats;
}

}  // namespace exporters::http_list
