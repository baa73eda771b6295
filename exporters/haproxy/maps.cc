#include "exporters/haproxy/maps.h"

#include <algorithm>
#include <string_view>

#include "exporters/marker.h"
#include "policy/domain.h"

namespace exporters::haproxy {
namespace {

bool IsEnforceable(std::string_view name) {
  const auto dots = static_cast<std::size_t>(std::count(name.begin(), name.end(), '.'));
  return dots < kLabelsMax && !name.ends_with(kMarkerDomain);
}

}  // namespace

policy::Result<Keys> KeysOf(const policy::ListSnapshot& list) {
  const auto blocks = policy::BlockSetOf(list);
  if (!blocks) return tl::unexpected(blocks.error());
  Keys keys;
  keys.not_enforceable = blocks->urls.size();
  keys.names.reserve(blocks->domains.size());
  for (const policy::Domain& domain : blocks->domains) {
    if (IsEnforceable(domain.name())) {
      keys.names.push_back(domain.name());
    } else {
      ++keys.not_enforceable;
    }
  }
  keys.addresses.reserve(blocks->prefixes.size());
  for (const policy::IpPrefix& prefix : blocks->prefixes) {
    keys.addresses.push_back(prefix.ToString());
  }
  return keys;
}

policy::Result<Keys> KeysOf(const std::vector<std::string>& lines) {
  return KeysOf(*policy::ListSnapshot::FromLines(lines));
}

std::string MapFile(const std::vector<std::string>& keys) {
  std::string text;
  for (const std::string& key : keys) text.append(key).append(" 1\n");
  return text;
}

}  // namespace exporters::haproxy
