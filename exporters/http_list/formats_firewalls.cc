// Formats for firewalls, and for routers that are used as one.
#include <array>
#include <variant>

#include "exporters/http_list/format_families.h"
#include "exporters/http_list/format_text.h"
#include "policy/digest.h"

namespace exporters::http_list {
namespace {

using policy::Indicator;
using policy::IpPrefix;
using policy::Url;

std::string CheckPointType(const Indicator& indicator) {
  if (std::holds_alternative<Url>(indicator)) return "URL";
  const auto* prefix = std::get_if<IpPrefix>(&indicator);
  if (prefix == nullptr) return "Domain";
  return prefix->is_address() ? "IP" : "IP Range";
}

void CheckPoint(const Indicator& indicator, std::string& out) {
  const auto* prefix = std::get_if<IpPrefix>(&indicator);
  const std::string value = prefix != nullptr && !prefix->is_address()
                                ? prefix->AddressString() + "-" + LastAddress(*prefix)
                                : Value(indicator);
  // The name has to be unique in the file, and should not move when other entries come and go.
  const std::string id = policy::ToHex(policy::Sha256Of(policy::LineOf(indicator))).substr(0, 16);
  Append(out, "sekisho-{},{},{},high,high,AB,blocked", id, value, CheckPointType(indicator));
}

void F5(const Indicator& indicator, std::string& out) {
  const auto& prefix = std::get<IpPrefix>(indicator);
  Append(out, "{},{},bl,sekisho", prefix.AddressString(), prefix.length());
}

void Juniper(const Indicator& indicator, std::string& out) {
  out += policy::TextOf(indicator);
}

// Nothing is removed before all is there, so that there is no moment without cover.
void MikroTik(const Indicator& indicator, std::string& out) {
  Append(out,
         ":do {{ add list=sekisho address={0} comment=new }} on-error={{ set [find list=sekisho "
         "address={0}] comment=new }}",
         Value(indicator));
}

// A name alone is matched exactly, and a wildcard covers the names below only.
void PanosDomain(const Indicator& indicator, std::string& out) {
  Append(out, "{0}\n*.{0}", Value(indicator));
}

// Without the slash after the host, evil.example also matches evil.example.com.
void PanosUrl(const Indicator& indicator, std::string& out) {
  if (const auto* url = std::get_if<Url>(&indicator)) {
    out += WithoutScheme(*url);
  } else {
    Append(out, "{0}/\n*.{0}/", Value(indicator));
  }
}

constexpr std::array formats{
    Format{.name = "checkpoint",
           .domains = true,
           .ips = true,
           .urls = true,
           .ipv6 = false,
           .forbidden = ",",
           .head = "#UNIQ-NAME,VALUE,TYPE,CONFIDENCE,SEVERITY,PRODUCT,COMMENT\n",
           .entry = &CheckPoint},
    Format{.name = "cisco_si",
           .domains = true,
           .ips = true,
           .urls = true,
           .forbidden = "*",
           .entry = &AppendValue,
           .md5_file = true},
    Format{.name = "f5", .ips = true, .nothing = "192.0.2.255,32,bl,sekisho", .entry = &F5},
    Format{.name = "fortigate",
           .domains = true,
           .ips = true,
           .urls = true,
           .forbidden = "*",
           .entry = &AppendValue},
    Format{.name = "juniper", .ips = true, .nothing = "192.0.2.255/32", .entry = &Juniper},
    Format{.name = "mikrotik",
           .ips = true,
           .ipv6 = false,
           .head = "/ip firewall address-list\nset [find list=sekisho] comment=old\n",
           .tail = "\nremove [find list=sekisho comment=old]\n",
           .entry = &MikroTik},
    Format{.name = "panos_domain",
           .domains = true,
           .value_max = 253,
           .entry = &PanosDomain,
           .lines_per_domain = 2},
    Format{.name = "panos_ip", .ips = true, .entry = &AppendValue},
    Format{.name = "panos_url",
           .domains = true,
           .urls = true,
           .forbidden = "*^",
           .entry = &PanosUrl,
           .lines_per_domain = 2},
    Format{.name = "pf", .ips = true, .entry = &AppendValue},
    Format{.name = "sonicwall_domain", .domains = true, .nothing = no_name, .entry = &AppendValue},
    Format{.name = "sonicwall_ip",
           .ips = true,
           .ipv6 = false,
           .prefixes = false,
           .nothing = no_address,
           .entry = &AppendValue},
    Format{.name = "sophos_domain", .domains = true, .nothing = no_name, .entry = &AppendValue},
    Format{.name = "sophos_ip",
           .ips = true,
           .ipv6 = false,
           .prefixes = false,
           .nothing = no_address,
           .entry = &AppendValue},
    Format{.name = "sophos_url",
           .urls = true,
           .nothing = "http://empty-list.invalid/",
           .entry = &AppendValue},
};

}  // namespace

std::span<const Format> FirewallFormats() {
  return formats;
}

}  // namespace exporters::http_list
