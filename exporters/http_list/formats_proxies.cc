// Formats for proxies, and for the clients that choose one.
#include <array>
#include <variant>

#include "exporters/http_list/format_families.h"
#include "exporters/http_list/format_text.h"

namespace exporters::http_list {
namespace {

using policy::Indicator;

void PacName(const Indicator& indicator, std::string& out) {
  Append(out, "\"{}\": 1", Value(indicator));
}

void Skyhigh(const Indicator& indicator, std::string& out) {
  Append(out, "\"{}\" \"\"", Value(indicator));
}

// A leading dot covers the name and all below it.
void Zscaler(const Indicator& indicator, std::string& out) {
  if (std::holds_alternative<policy::Domain>(indicator)) out += '.';
  AppendWithoutScheme(indicator, out);
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

// Each of these would end the line, or the word, for the ProxySG's compiler.
constexpr std::string_view cpl_forbidden = ";'\\";
constexpr std::string_view cpl_head = "define category sekisho\n";

constexpr std::array formats{
    Format{.name = "pac",
           .domains = true,
           .head = "var sekishoNames = {\n",
           .separator = ",\n",
           .tail = pac_tail,
           .nothing = "\"empty-list.invalid\": 1",
           .entry = &PacName,
           .content_type = "application/x-ns-proxy-autoconfig"},
    Format{.name = "proxysg",
           .domains = true,
           .urls = true,
           .forbidden = cpl_forbidden,
           .has_words = true,
           .head = cpl_head,
           .tail = "\nend\n",
           .nothing = no_name,
           .entry = &AppendWithoutScheme},
    Format{.name = "proxysg_policy",
           .domains = true,
           .urls = true,
           .forbidden = cpl_forbidden,
           .has_words = true,
           .head = cpl_head,
           .tail = "\nend\n\n<Proxy>\n  category=sekisho exception(content_filter_denied)\n",
           .nothing = no_name,
           .entry = &AppendWithoutScheme},
    Format{.name = "skyhigh",
           .domains = true,
           .ips = true,
           .urls = true,
           .forbidden = "\\",
           .head = "type=string\n",
           .nothing = "\"empty-list.invalid\" \"\"",
           .entry = &Skyhigh},
    Format{.name = "zscaler",
           .domains = true,
           .urls = true,
           .value_max = 1024,
           .nothing = ".empty-list.invalid",
           .entry = &Zscaler},
};

}  // namespace

std::span<const Format> ProxyFormats() {
  return formats;
}

}  // namespace exporters::http_list
