#include "exporters/crowdsec/settings.h"

#include <algorithm>
#include <set>
#include <string>

#include "policy/ascii.h"

namespace exporters::crowdsec {
namespace {

// ipset, and so crowdsec-firewall-bouncer with it, knows no longer time.
constexpr std::chrono::seconds hold_max = std::chrono::hours(24) * 24;

bool IsPlainName(const std::string& name) {
  return !name.empty() && name.size() <= 100 && std::all_of(name.begin(), name.end(), [](char c) {
    return policy::IsLetter(c) || policy::IsDigit(c) || c == '.' || c == '_' || c == '-';
  });
}

std::vector<NamedKey> ReadBouncers(const config::Node& node) {
  std::vector<NamedKey> bouncers;
  std::set<std::string> names;
  std::set<policy::Sha256> keys;
  for (const config::Node& one : node.AsList()) {
    bouncers.push_back(ReadNamedKey(one, "key"));
    const NamedKey& added = bouncers.back();
    if (!IsPlainName(added.name)) {
      one.Fail("the name must be of letters, digits, '.', '_' and '-', at most 100 in all");
    }
    if (!names.insert(added.name).second) one.Fail("another bouncer has this name");
    if (!keys.insert(added.sha256).second) {
      one.Fail(
          "another bouncer has this key; each needs its own, since each is told what changed "
          "since it last asked");
    }
  }
  if (node.present() && bouncers.empty()) node.Fail("must have at least one bouncer");
  return bouncers;
}

}  // namespace

policy::Result<Settings> ReadSettings(const config::Node& node) {
  Settings settings;
  settings.listen = ReadListenSettings(node);
  settings.bouncers = ReadBouncers(node.Require("bouncers"));
  settings.prefixes.as_ranges = node.Optional("prefixes").AsChoice({"expand", "ranges"}) == 1;
  settings.prefixes.expand_max =
      static_cast<std::uint64_t>(node.Optional("expand_max").AsInt(1, 65536, 256));
  settings.entries_max =
      static_cast<std::size_t>(node.Optional("entries_max").AsInt(1, 10'000'000, 1'000'000));
  const config::Node hold = node.Optional("hold");
  settings.hold = hold.AsDuration(std::chrono::hours(24) * 14);
  if (settings.hold < std::chrono::hours(1) || settings.hold > hold_max) {
    hold.Fail("must be from 1h to 24d, the longest that ipset knows");
  }
  settings.pull_within = node.Optional("pull_within").AsDuration(std::chrono::seconds(30));
  if (auto ok = node.Finish(); !ok) return tl::unexpected(ok.error());
  return settings;
}

}  // namespace exporters::crowdsec
