#include "exporters/nftables/settings.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace exporters::nftables {
namespace {

constexpr std::size_t kNameMax = 64;

// The name goes into an nft script: nothing that means something there.
std::string Name(const config::Node& node, std::string fallback) {
  std::string name = node.AsString(std::move(fallback));
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const bool plain = std::all_of(name.begin(), name.end(), [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  if (node.present() && (!plain || name.size() > kNameMax || !is_letter(name.front()))) {
    node.Fail("must be a letter, then letters, digits, '_' and '-', at most 64 in all");
  }
  return name;
}

std::vector<Hook> ReadHooks(const config::Node& node) {
  if (!node.present()) return {Hook::input, Hook::forward, Hook::output};
  std::vector<Hook> hooks;
  for (const config::Node& item : node.AsList()) {
    const auto hook = static_cast<Hook>(item.AsChoice({"input", "forward", "output"}));
    if (std::find(hooks.begin(), hooks.end(), hook) != hooks.end()) {
      item.Fail("is there twice");
    } else {
      hooks.push_back(hook);
    }
  }
  if (hooks.empty()) node.Fail("must name at least one of input, forward, output");
  return hooks;
}

}  // namespace

policy::Result<Settings> ReadSettings(const config::Node& node) {
  Settings settings;
  settings.nft = node.Optional("nft").AsPath("/usr/sbin/nft");
  settings.table = Name(node.Optional("table"), "sekisho");
  settings.network_namespace = Name(node.Optional("network_namespace"), "");
  settings.hooks = ReadHooks(node.Optional("hooks"));
  // Before the usual filter rules (0), so that what they accept was looked at.
  settings.priority =
      static_cast<std::int32_t>(node.Optional("priority").AsInt(-10'000, 10'000, -10));
  settings.full_read_every = node.Optional("full_read_every").AsDuration(std::chrono::hours(24));
  settings.timeout = node.Optional("timeout").AsDuration(std::chrono::seconds(30));
  if (auto ok = node.Finish(); !ok) return tl::unexpected(ok.error());
  return settings;
}

}  // namespace exporters::nftables
