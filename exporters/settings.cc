#include "exporters/settings.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "platform/atomic_file.h"
#include "platform/encoding.h"
#include "policy/ascii.h"

namespace exporters {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::size_t list_key_size = 32;

// A device's name is also that of its folder.
bool IsDeviceName(std::string_view name) {
  const auto is_plain = [](char c) {
    return policy::IsLetter(c) || policy::IsDigit(c) || c == '.' || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= 64 && name.front() != '.' &&
         std::all_of(name.begin(), name.end(), is_plain);
}

AgentSettings ReadAgent(const config::Node& node) {
  AgentSettings agent;
  const config::Node address = node.Require("address");
  agent.addresses =
      address.IsList() ? address.AsStrings() : std::vector<std::string>{address.AsString()};
  if (agent.addresses.empty()) address.Fail("must name at least one agent, as host:port");
  for (const std::string& one : agent.addresses) {
    if (address.present() && (one.find(':') == one.npos || one.find('/') != one.npos)) {
      address.Fail("must be host:port");
    }
  }
  agent.identity.ca = node.Require("ca").AsPath();
  agent.identity.certificate = node.Require("certificate").AsPath();
  agent.identity.key = node.Require("key").AsPath();
  agent.identity.server_name = node.Optional("server_name").AsString();
  agent.list_key = node.Require("list_key").AsPath();
  return agent;
}

const Row* ReadRow(const config::Node& node) {
  const std::string name = node.AsString();
  const Row* row = FindRow(name);
  if (node.present() && row == nullptr) {
    std::string known;
    for (const Row& one : Registry()) known += (known.empty() ? "" : ", ") + std::string(one.name);
    node.Fail("must be one of: " + known);
  }
  return row;
}

std::vector<policy::Indicator> ReadMustWork(const config::Node& node) {
  std::vector<policy::Indicator> targets;
  for (const config::Node& each : node.AsList()) {
    auto target = policy::GuessIndicator(each.AsString());
    if (!target) {
      each.Fail(target.error().detail);
      continue;
    }
    const auto* const prefix = std::get_if<policy::IpPrefix>(&*target);
    if (policy::KindOf(*target) == policy::IndicatorKind::file_hash ||
        (prefix != nullptr && !prefix->is_address())) {
      each.Fail("must be a name, one address or a URL");
    }
    targets.push_back(std::move(*target));
  }
  return targets;
}

DeviceSettings ReadDevice(const config::Node& node) {
  DeviceSettings device;
  const config::Node name = node.Require("name");
  device.name = name.AsString();
  if (name.present() && !IsDeviceName(device.name)) {
    name.Fail("must be 1 to 64 of a-z, A-Z, 0-9, '.', '_' and '-', not starting with '.'");
  }
  device.row = ReadRow(node.Require("exporter"));
  device.settings = node.Require("settings");
  const config::Node every = node.Optional("read_back_every");
  device.read_back_every = every.AsDuration(std::chrono::minutes(5));
  if (every.present() && device.read_back_every > std::chrono::hours(24)) {
    every.Fail("must be at most 1d, or a device may drift unseen");
  }
  device.entries_max =
      static_cast<std::uint64_t>(node.Optional("entries_max").AsInt(1, 100'000'000, 0));
  constexpr std::size_t report_index = 1;
  device.on_drift = node.Optional("on_drift").AsChoice({"restore", "report"}) == report_index
                        ? OnDrift::report
                        : OnDrift::restore;
  device.dry_run = node.Optional("dry_run").AsBool(false);
  device.must_work = ReadMustWork(node.Optional("must_work"));
  return device;
}

}  // namespace

Settings ReadSettings(const config::Node& root) {
  constexpr std::int64_t mebibyte = 1024 * 1024;
  Settings settings;
  settings.agent = ReadAgent(root.Require("agent"));
  settings.state_dir = root.Require("state_dir").AsPath();
  settings.update_size_max = static_cast<std::size_t>(
      root.Optional("update_size_max_mib").AsInt(1, 4000, 1024) * mebibyte);
  const config::Node devices = root.Require("devices");
  std::set<std::string> names;
  for (const config::Node& node : devices.AsList()) {
    DeviceSettings device = ReadDevice(node);
    if (!names.insert(device.name).second) node.Fail("a device of this name is above already");
    if (device.row != nullptr) settings.devices.push_back(std::move(device));
  }
  if (devices.present() && names.empty()) devices.Fail("must have at least one device");
  return settings;
}

Result<std::string> LoadListKey(const std::filesystem::path& path) {
  auto text = platform::ReadFile(path, 1024);
  if (!text) return tl::unexpected(std::move(text.error()));
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
  auto key =
      text->size() == 2 * list_key_size ? platform::FromHex(*text) : platform::FromBase64(*text);
  if (key && key->size() == list_key_size) return key;
  return Fail(ErrorCode::malformed_input,
              path.string() +
                  ": must hold the agent's public list key, 32 bytes in hexadecimal "
                  "or base64 on one line");
}

}  // namespace exporters
