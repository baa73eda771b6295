#include "policy/scope.h"

#include <variant>

namespace policy {

std::string_view Name(DeviceFamily family) {
  switch (family) {
    case DeviceFamily::dns: return "dns";
    case DeviceFamily::proxy: return "proxy";
    case DeviceFamily::proxy_with_tls_inspection: return "proxy-with-tls-inspection";
    case DeviceFamily::firewall: return "firewall";
  }
  return "unknown";
}

std::vector<DeviceFamily> EnforceableBy(const Indicator& target) {
  using enum DeviceFamily;
  switch (KindOf(target)) {
    case IndicatorKind::domain: return {dns, proxy, proxy_with_tls_inspection};
    case IndicatorKind::ip: return {dns, proxy, proxy_with_tls_inspection, firewall};
    case IndicatorKind::url: break;
    case IndicatorKind::file_hash: return {};
  }
  if (std::get<Url>(target).scheme() == "https") return {proxy_with_tls_inspection};
  return {proxy, proxy_with_tls_inspection};
}

std::string ScopeText(const Indicator& target) {
  std::string text = LineOf(target) + ": ";
  const auto families = EnforceableBy(target);
  if (families.empty()) return text + "no device";
  for (std::size_t i = 0; i < families.size(); ++i) {
    if (i > 0) text += i + 1 == families.size() ? " or " : ", ";
    text.append(Name(families[i]));
  }
  return text;
}

}  // namespace policy
