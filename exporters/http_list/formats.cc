#include "exporters/http_list/formats.h"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <variant>

#include "platform/encoding.h"
#include "policy/digest.h"

namespace exporters::http_list {
namespace {

using policy::Indicator;
using policy::IndicatorKind;
using policy::IpFamily;
using policy::IpPrefix;
using policy::Url;

// What stands for an empty list where a device knows no comments: nobody's address and name
// (RFC 5737, RFC 2606).
constexpr std::string_view no_address = "192.0.2.255";
constexpr std::string_view no_name = "empty-list.invalid";

template <class... Args>
void Append(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

// An address without its "/32".
std::string Value(const Indicator& indicator) {
  const auto* prefix = std::get_if<IpPrefix>(&indicator);
  return prefix != nullptr && prefix->is_address() ? prefix->AddressString()
                                                   : policy::TextOf(indicator);
}

std::string_view WithoutScheme(const Url& url) {
  return std::string_view(url.text()).substr(url.scheme().size() + std::string_view("://").size());
}

std::string LastAddress(const IpPrefix& prefix) {
  return IpPrefix::From(prefix.family(), prefix.last(), prefix.length_max())->AddressString();
}

void Text(const Indicator& indicator, std::string& out) {
  out += Value(indicator);
}

void WithLength(const Indicator& indicator, std::string& out) {
  out += policy::TextOf(indicator);
}

// A name alone is matched exactly, and a wildcard covers the names below only.
void PanosDomain(const Indicator& indicator, std::string& out) {
  const std::string name = Value(indicator);
  Append(out, "{0}\n*.{0}", name);
}

// Without the slash after the host, evil.example also matches evil.example.com.
void PanosUrl(const Indicator& indicator, std::string& out) {
  if (const auto* url = std::get_if<Url>(&indicator)) {
    out += WithoutScheme(*url);
  } else {
    Append(out, "{0}/\n*.{0}/", Value(indicator));
  }
}

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

// Nothing is removed before all is there, so that there is no moment without cover.
void MikroTik(const Indicator& indicator, std::string& out) {
  const auto& prefix = std::get<IpPrefix>(indicator);
  Append(out,
         ":do {{ add list=sekisho address={0} comment=new }} on-error={{ set [find list=sekisho "
         "address={0}] comment=new }}",
         Value(prefix));
}

void Hosts(const Indicator& indicator, std::string& out) {
  Append(out, "0.0.0.0 {}", Value(indicator));
}

void Dnsmasq(const Indicator& indicator, std::string& out) {
  Append(out, "local=/{}/", Value(indicator));
}

void UnboundZone(const Indicator& indicator, std::string& out) {
  Append(out, "local-zone: \"{}.\" always_nxdomain", Value(indicator));
}

void AdGuard(const Indicator& indicator, std::string& out) {
  Append(out, "||{}^", Value(indicator));
}

void SuricataString(const Indicator& indicator, std::string& out) {
  out += platform::ToBase64(Value(indicator));
}

void SuricataReputation(const Indicator& indicator, std::string& out) {
  Append(out, "{},1,127", Value(indicator));
}

std::string JsonText(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (c == '\\' || c == '"') text += '\\';
    text += c;
  }
  return text;
}

void Json(const Indicator& indicator, std::string& out) {
  Append(out, R"({{"kind":"{}","value":"{}"}})", policy::Name(policy::KindOf(indicator)),
         JsonText(Value(indicator)));
}

// A spreadsheet takes a cell that begins so for a formula, quoted or not (CWE-1236).
void Csv(const Indicator& indicator, std::string& out) {
  const std::string value = Value(indicator);
  const bool formula = std::string_view("=+-@\t\r").find(value.front()) != std::string_view::npos;
  Append(out, "{},\"{}{}\"", policy::Name(policy::KindOf(indicator)), formula ? "'" : "", value);
}

void PacName(const Indicator& indicator, std::string& out) {
  Append(out, "\"{}\": 1", Value(indicator));
}

void SchemelessUrl(const Indicator& indicator, std::string& out) {
  const auto* url = std::get_if<Url>(&indicator);
  url != nullptr ? out += WithoutScheme(*url) : out += Value(indicator);
}

void Skyhigh(const Indicator& indicator, std::string& out) {
  Append(out, "\"{}\" \"\"", Value(indicator));
}

// A leading dot covers the name and all below it.
void Zscaler(const Indicator& indicator, std::string& out) {
  if (std::holds_alternative<policy::Domain>(indicator)) out += '.';
  SchemelessUrl(indicator, out);
}

constexpr std::string_view pac_tail = R"(
};
function sekishoBlocks(host) {
  host = host.toLowerCase().replace(/\.$/, "");
  while (host) {
    if (Object.prototype.hasOwnProperty.call(sekishoNames, host)) return true;
    var dot = host.indexOf(".");
    host = dot < 0 ? "" : host.substring(dot + 1);
  }
  return false;
}
function FindProxyForURL(url, host) {
  return sekishoBlocks(host) ? "PROXY 127.0.0.1:9" : "DIRECT";
}
)";

constexpr std::array formats{
    Format{.name = "text", .domains = true, .ips = true, .urls = true, .entry = &Text},
    Format{.name = "adguard",
           .domains = true,
           .nothing = "! sekisho: this list is empty",
           .entry = &AdGuard},
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
           .entry = &Text,
           .md5_file = true},
    Format{.name = "csv",
           .domains = true,
           .ips = true,
           .urls = true,
           .head = "kind,value\r\n",
           .separator = "\r\n",
           .tail = "\r\n",
           .nothing = "domain,\"empty-list.invalid\"",
           .entry = &Csv},
    Format{.name = "dnsmasq", .domains = true, .entry = &Dnsmasq},
    Format{.name = "f5", .ips = true, .nothing = "192.0.2.255,32,bl,sekisho", .entry = &F5},
    Format{.name = "fortigate",
           .domains = true,
           .ips = true,
           .urls = true,
           .forbidden = "*",
           .entry = &Text},
    Format{.name = "hosts", .domains = true, .entry = &Hosts},
    Format{.name = "json",
           .domains = true,
           .ips = true,
           .urls = true,
           .head = "{\"indicators\":[\n",
           .separator = ",\n",
           .tail = "\n]}\n",
           .nothing = "",
           .entry = &Json},
    Format{.name = "juniper", .ips = true, .nothing = "192.0.2.255/32", .entry = &WithLength},
    Format{.name = "mikrotik",
           .ips = true,
           .ipv6 = false,
           .head = "/ip firewall address-list\nset [find list=sekisho] comment=old\n",
           .tail = "\nremove [find list=sekisho comment=old]\n",
           .entry = &MikroTik},
    Format{.name = "pac",
           .domains = true,
           .head = "var sekishoNames = {\n",
           .separator = ",\n",
           .tail = pac_tail,
           .nothing = "\"empty-list.invalid\": 1",
           .entry = &PacName},
    Format{.name = "panos_domain",
           .domains = true,
           .value_max = 253,
           .entry = &PanosDomain,
           .lines_per_domain = 2},
    Format{.name = "panos_ip", .ips = true, .entry = &Text},
    Format{.name = "panos_url",
           .domains = true,
           .urls = true,
           .forbidden = "*^",
           .entry = &PanosUrl,
           .lines_per_domain = 2},
    Format{.name = "pf", .ips = true, .entry = &Text},
    Format{.name = "proxysg",
           .domains = true,
           .urls = true,
           .forbidden = ";'\\",
           .head = "define category sekisho\n",
           .tail = "\nend\n",
           .nothing = no_name,
           .entry = &SchemelessUrl},
    Format{.name = "skyhigh",
           .domains = true,
           .ips = true,
           .urls = true,
           .forbidden = "\\",
           .head = "type=string\n",
           .nothing = "\"empty-list.invalid\" \"\"",
           .entry = &Skyhigh},
    Format{.name = "sonicwall_domain", .domains = true, .nothing = no_name, .entry = &Text},
    Format{.name = "sonicwall_ip",
           .ips = true,
           .ipv6 = false,
           .prefixes = false,
           .nothing = no_address,
           .entry = &Text},
    Format{.name = "sophos_domain", .domains = true, .nothing = no_name, .entry = &Text},
    Format{.name = "sophos_ip",
           .ips = true,
           .ipv6 = false,
           .prefixes = false,
           .nothing = no_address,
           .entry = &Text},
    Format{.name = "sophos_url",
           .urls = true,
           .nothing = "http://empty-list.invalid/",
           .entry = &Text},
    Format{.name = "suricata_dataset",
           .domains = true,
           .nothing = "ZW1wdHktbGlzdC5pbnZhbGlk",
           .entry = &SuricataString},
    Format{.name = "suricata_iprep",
           .ips = true,
           .nothing = "192.0.2.255,1,1",
           .entry = &SuricataReputation},
    Format{.name = "unbound", .domains = true, .head = "server:\n", .entry = &UnboundZone},
    Format{.name = "zscaler",
           .domains = true,
           .urls = true,
           .value_max = 1024,
           .nothing = ".empty-list.invalid",
           .entry = &Zscaler},
};

}  // namespace

bool Format::Takes(IndicatorKind kind) const {
  switch (kind) {
    case IndicatorKind::domain: return domains;
    case IndicatorKind::ip: return ips;
    case IndicatorKind::url: return urls;
    case IndicatorKind::file_hash: return false;
  }
  return false;
}

bool Format::Holds(const Indicator& indicator) const {
  if (!Takes(policy::KindOf(indicator))) return false;
  if (const auto* prefix = std::get_if<IpPrefix>(&indicator)) {
    return (ipv6 || prefix->family() == IpFamily::v4) && (prefixes || prefix->is_address());
  }
  const std::string text = policy::TextOf(indicator);
  return (value_max == 0 || text.size() <= value_max) &&
         text.find_first_of(forbidden) == std::string::npos;
}

std::span<const Format> Formats() {
  return formats;
}

}  // namespace exporters::http_list
