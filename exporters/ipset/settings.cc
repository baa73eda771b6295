#include "exporters/ipset/settings.h"

#include <algorithm>
#include <cstddef>

#include "policy/ascii.h"

namespace exporters::ipset {
namespace {

// Of ipset, less "4-new".
constexpr std::size_t name_max = 25;
constexpr std::size_t namespace_max = 64;
// The kernel's longest.
constexpr std::chrono::seconds hold_max = std::chrono::hours(24) * 24;

std::string PlainName(const config::Node& node, std::string fallback, std::size_t size_max) {
  std::string name = node.AsString(std::move(fallback));
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return policy::IsLetter(c) || policy::IsDigit(c) || c == '_' || c == '-';
  });
  if (node.present() && (!plain || name.size() > size_max || !policy::IsLetter(name.front()))) {
    node.Fail("must be a letter, then letters, digits, '_' and '-', at most " +
              std::to_string(size_max) + " in all");
  }
  return name;
}

}  // namespace

policy::Result<Settings> ReadSettings(const config::Node& node) {
  Settings settings;
  settings.program = node.Optional("ipset").AsPath("/usr/sbin/ipset");
  settings.name = PlainName(node.Optional("name"), "sekisho", name_max);
  settings.ipv6 = node.Optional("ipv6").AsBool(true);
  settings.network_namespace = PlainName(node.Optional("network_namespace"), "", namespace_max);
  const config::Node hold = node.Optional("hold");
  settings.hold = hold.AsDuration(std::chrono::seconds(0));
  if (hold.present() && (settings.hold < std::chrono::hours(1) || settings.hold > hold_max)) {
    hold.Fail("must be from 1h to 24d, the longest that ipset knows");
  }
  settings.timeout = node.Optional("timeout").AsDuration(std::chrono::minutes(2));
  if (auto ok = node.Finish(); !ok) return tl::unexpected(ok.error());
  return settings;
}

}  // namespace exporters::ipset
