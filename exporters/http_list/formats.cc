#include "exporters/http_list/formats.h"

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include "exporters/http_list/format_families.h"

namespace exporters::http_list {
namespace {

std::vector<Format> AllFormats() {
  std::vector<Format> all;
  for (const auto family :
       {ExchangeFormats(), DnsFormats(), FirewallFormats(), ProxyFormats(), SensorFormats()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  return all;
}

}  // namespace

bool Format::Takes(policy::IndicatorKind kind) const {
  switch (kind) {
    case policy::IndicatorKind::domain: return domains;
    case policy::IndicatorKind::ip: return ips;
    case policy::IndicatorKind::url: return urls;
    case policy::IndicatorKind::file_hash: return false;
  }
  return false;
}

bool Format::Holds(const policy::Indicator& indicator) const {
  if (!Takes(policy::KindOf(indicator))) return false;
  if (const auto* prefix = std::get_if<policy::IpPrefix>(&indicator)) {
    return (ipv6 || prefix->family() == policy::IpFamily::v4) && (prefixes || prefix->is_address());
  }
  const std::string text = policy::TextOf(indicator);
  return (value_max == 0 || text.size() <= value_max) &&
         (!has_words || text.find('.') != std::string::npos) &&
         text.find_first_of(forbidden) == std::string::npos;
}

std::span<const Format> Formats() {
  static const std::vector<Format> all = AllFormats();
  return all;
}

const Format* FindFormat(std::string_view name) {
  const auto formats = Formats();
  const auto found = std::find_if(formats.begin(), formats.end(),
                                  [name](const Format& one) { return one.name == name; });
  return found == formats.end() ? nullptr : &*found;
}

}  // namespace exporters::http_list
