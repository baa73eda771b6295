#include "exporters/haproxy/haproxy_exporter.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporters/difference.h"
#include "exporters/haproxy/maps.h"
#include "exporters/haproxy/runtime_api.h"
#include "exporters/marker.h"
#include "platform/atomic_file.h"
#include "platform/subprocess.h"

namespace exporters {
namespace haproxy {
namespace {

using policy::ErrorCode;
using policy::Fail;

constexpr const char* kNamesFile = "names.map";
constexpr const char* kAddressesFile = "addresses.map";
// Up to so many changes go in one by one; more are quicker, and at one instant, as a whole.
constexpr std::size_t kSingleChangesMax = 500;

struct Settings {
  std::filesystem::path program;
  std::filesystem::path socket;
  std::filesystem::path directory;
  std::chrono::seconds timeout{};
};

// Paths stand unquoted in commands of the runtime API.
std::filesystem::path PlainPath(const config::Node& node) {
  const std::filesystem::path path = node.AsPath();
  const bool plain = std::all_of(path.native().begin(), path.native().end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/._-").find(c) != std::string_view::npos;
  });
  if (!path.is_absolute() || !plain) {
    node.Fail("must be an absolute path of letters, digits, '.', '_', '-' and '/'");
  }
  return path;
}

Result<Settings> ReadSettings(const config::Node& node) {
  Settings settings;
  settings.program = node.Optional("haproxy").AsPath("/usr/sbin/haproxy");
  settings.socket = PlainPath(node.Require("socket"));
  settings.directory = PlainPath(node.Require("directory"));
  settings.timeout = node.Optional("timeout").AsDuration(std::chrono::seconds(60));
  if (auto ok = node.Finish(); !ok) return tl::unexpected(ok.error());
  return settings;
}

Result<std::string> VersionOf(const std::filesystem::path& program) {
  const auto output = platform::Run({program.native(), "-v"}, {});
  if (!output) return tl::unexpected(output.error());
  constexpr std::string_view before = "HAProxy version ";
  const auto at = output->out.find(before);
  if (at == output->out.npos) {
    return Fail(ErrorCode::malformed_input, program.string() + " -v names no version of HAProxy");
  }
  const auto begin = at + before.size();
  return "HAProxy " + output->out.substr(begin, output->out.find_first_of(" \n", begin) - begin);
}

class HaproxyExporter final : public Exporter {
 public:
  HaproxyExporter(Settings settings, std::string version)
      : settings_(std::move(settings)),
        version_(std::move(version)),
        names_(settings_.socket, settings_.directory / kNamesFile, settings_.timeout),
        addresses_(settings_.socket, settings_.directory / kAddressesFile, settings_.timeout) {}

  Profile profile() const override { return {version_, {"domain", "ip"}, 0}; }
  Result<Artifact> Render(const policy::ListSnapshot& list) const override;
  Outcome<Proof> Apply(const Change& change) override;
  Outcome<Proof> ReadBack(const policy::ListSnapshot& list) override;
  Outcome<std::vector<policy::Indicator>> Blocked(
      const std::vector<policy::Indicator>& targets) override;

  // HAProxy doesn't start without the files that its rules name.
  Result<void> EnsureFiles() const;

 private:
  bool Holds(const policy::ListSnapshot& list) const;
  Outcome<void> ApplyDelta(const Change& change, const Keys& added, const Keys& removed);
  Outcome<void> ApplyWhole(const policy::ListSnapshot& list);
  Result<void> WriteFiles(const Artifact& artifact) const;
  Result<std::string> FirstLookupThatFails(const Keys& added, const Keys& removed) const;
  Outcome<Proof> ProofOfDelta(const Change& change, const Artifact& wanted, const Keys& added,
                              const Keys& removed) const;

  Settings settings_;
  std::string version_;
  RuntimeMap names_;
  RuntimeMap addresses_;
};

tl::unexpected<Failure> Failed(DeviceState device, std::string reason) {
  return tl::unexpected(Failure{device, std::move(reason)});
}

std::vector<std::string> WithMarker(std::vector<std::string> names,
                                    const policy::ListSnapshot& list) {
  names.push_back(MarkerOf(list.digest()));
  return names;
}

Result<Artifact> HaproxyExporter::Render(const policy::ListSnapshot& list) const {
  const auto keys = KeysOf(list);
  if (!keys) return tl::unexpected(keys.error());
  return Artifact{{{kNamesFile, MapFile(WithMarker(keys->names, list))},
                   {kAddressesFile, MapFile(keys->addresses)}},
                  keys->size(),
                  keys->not_enforceable};
}

Result<void> HaproxyExporter::WriteFiles(const Artifact& artifact) const {
  for (const ArtifactFile& file : artifact.files) {
    auto ok = platform::WriteFileAtomically(settings_.directory / file.name, file.bytes, 0644);
    if (!ok) return ok;
  }
  return {};
}

Result<void> HaproxyExporter::EnsureFiles() const {
  std::error_code error;
  std::filesystem::create_directories(settings_.directory, error);
  auto artifact = Render(*policy::ListSnapshot::Empty());
  if (!artifact) return tl::unexpected(artifact.error());
  std::erase_if(artifact->files, [&](const ArtifactFile& file) {
    return std::filesystem::exists(settings_.directory / file.name, error);
  });
  return WriteFiles(*artifact);
}

// By what HAProxy says.
bool HaproxyExporter::Holds(const policy::ListSnapshot& list) const {
  return names_.Finds(MarkerOf(list.digest())).value_or(false);
}

Outcome<void> HaproxyExporter::ApplyDelta(const Change& change, const Keys& added,
                                          const Keys& removed) {
  // The marker goes first and comes last, so that nothing in between passes for either list.
  const auto change_all = [&]() -> Result<void> {
    if (auto ok = names_.Remove(MarkerOf(change.base->digest())); !ok) return ok;
    for (const std::string& key : added.names) {
      if (auto ok = names_.Add(key); !ok) return ok;
    }
    for (const std::string& key : added.addresses) {
      if (auto ok = addresses_.Add(key); !ok) return ok;
    }
    for (const std::string& key : removed.names) {
      if (auto ok = names_.Remove(key); !ok) return ok;
    }
    for (const std::string& key : removed.addresses) {
      if (auto ok = addresses_.Remove(key); !ok) return ok;
    }
    return names_.Add(MarkerOf(change.list.digest()));
  };
  if (auto ok = change_all(); !ok) return Failed(DeviceState::unknown, ok.error().detail);
  return {};
}

Outcome<void> HaproxyExporter::ApplyWhole(const policy::ListSnapshot& list) {
  const auto keys = KeysOf(list);
  if (!keys) return Failed(DeviceState::unchanged, keys.error().detail);
  if (auto ok = addresses_.Replace(keys->addresses); !ok) {
    return Failed(DeviceState::unknown, ok.error().detail);
  }
  if (auto ok = names_.Replace(WithMarker(keys->names, list)); !ok) {
    return Failed(DeviceState::unknown, ok.error().detail);
  }
  return {};
}

// A key that HAProxy does not find though it was added, or finds though it was removed; empty if
// there is none.
Result<std::string> HaproxyExporter::FirstLookupThatFails(const Keys& added,
                                                          const Keys& removed) const {
  for (const std::string& key : added.names) {
    const auto found = names_.Finds(key);
    if (!found) return tl::unexpected(found.error());
    if (!*found) return key;
  }
  for (const std::string& key : added.addresses) {
    const auto found = addresses_.Finds(key.substr(0, key.find('/')));
    if (!found) return tl::unexpected(found.error());
    if (!*found) return key;
  }
  for (const std::string& key : removed.names) {
    const auto found = names_.Finds(key);
    if (!found) return tl::unexpected(found.error());
    if (*found) return key;
  }
  return std::string();  // a removed address may still lie within another prefix
}

Outcome<Proof> HaproxyExporter::ProofOfDelta(const Change& change, const Artifact& wanted,
                                             const Keys& added, const Keys& removed) const {
  const auto names = names_.Size();
  const auto addresses = addresses_.Size();
  const auto wrong = FirstLookupThatFails(added, removed);
  if (!names || !addresses || !wrong) {
    return Failed(DeviceState::unknown,
                  "HAProxy does not say what it holds now: " + (!names       ? names.error()
                                                                : !addresses ? addresses.error()
                                                                             : wrong.error())
                                                                   .detail);
  }
  const std::uint64_t enforced = *names + *addresses - 1;  // without the marker
  if (!wrong->empty() || enforced != wanted.enforced) {
    return Proof{false, enforced, wanted.not_enforceable,
                 fmt::format("HAProxy holds {} entries instead of {}{}", enforced, wanted.enforced,
                             wrong->empty() ? "" : ", and is wrong about " + *wrong)};
  }
  return Proof{Holds(change.list), enforced, wanted.not_enforceable,
               fmt::format("HAProxy holds {} names and {} prefixes, and a name made of this list's "
                           "digest; it finds what was added and no removed name",
                           *names - 1, *addresses)};
}

Outcome<Proof> HaproxyExporter::Apply(const Change& change) {
  const auto added = KeysOf(change.delta.added);
  const auto removed = KeysOf(change.delta.removed);
  if (!added || !removed) {
    return Failed(DeviceState::unchanged, (!added ? added : removed).error().detail);
  }
  for (const RuntimeMap* map : {&names_, &addresses_}) {
    if (auto size = map->Size(); !size) return Failed(DeviceState::unchanged, size.error().detail);
  }
  const bool by_delta = change.base != nullptr && Holds(*change.base) &&
                        added->size() + removed->size() <= kSingleChangesMax;
  auto applied = by_delta ? ApplyDelta(change, *added, *removed) : ApplyWhole(change.list);
  if (!applied) return tl::unexpected(applied.error());
  const auto artifact = Render(change.list);
  if (!artifact) return Failed(DeviceState::changed, artifact.error().detail);
  if (auto ok = WriteFiles(*artifact); !ok) {
    return Failed(DeviceState::changed,
                  "HAProxy enforces the new list, but would start with the "
                  "one before: " +
                      ok.error().detail);
  }
  return by_delta ? ProofOfDelta(change, *artifact, *added, *removed) : ReadBack(change.list);
}

Outcome<Proof> HaproxyExporter::ReadBack(const policy::ListSnapshot& list) {
  auto keys = KeysOf(list);
  if (!keys) return Failed(DeviceState::unchanged, keys.error().detail);
  const auto names = names_.Keys();
  if (!names) return Failed(DeviceState::unchanged, names.error().detail);
  const auto addresses = addresses_.Keys();
  if (!addresses) return Failed(DeviceState::unchanged, addresses.error().detail);
  auto wanted_names = WithMarker(std::move(keys->names), list);
  std::sort(wanted_names.begin(), wanted_names.end());
  std::sort(keys->addresses.begin(), keys->addresses.end());
  if (*names != wanted_names || *addresses != keys->addresses) {
    auto difference = DifferenceOf(*names, wanted_names,
                                   [](const std::string& name) { return "domain " + name; });
    std::ranges::move(DifferenceOf(*addresses, keys->addresses,
                                   [](const std::string& prefix) { return "ip " + prefix; }),
                      std::back_inserter(difference));
    return Proof{false, 0, keys->not_enforceable,
                 fmt::format("HAProxy holds {} names and {} prefixes, which are not this list's",
                             names->size(), addresses->size()),
                 std::move(difference)};
  }
  return Proof{true, names->size() - 1 + addresses->size(), keys->not_enforceable,
               fmt::format("HAProxy listed its maps: {} names and {} prefixes, each of them this "
                           "list's",
                           names->size() - 1, addresses->size())};
}

// Looks up what the rules would look up (exporters/haproxy/rules.cfg).
Outcome<std::vector<policy::Indicator>> HaproxyExporter::Blocked(
    const std::vector<policy::Indicator>& targets) {
  std::vector<policy::Indicator> blocked;
  for (const policy::Indicator& target : targets) {
    const auto* const prefix = std::get_if<policy::IpPrefix>(&target);
    const auto* const domain = std::get_if<policy::Domain>(&target);
    Result<bool> found = prefix != nullptr ? addresses_.Finds(prefix->AddressString()) : false;
    std::string_view name = domain != nullptr ? domain->name() : std::string_view();
    for (; found && !*found && !name.empty(); name = policy::ParentName(name)) {
      found = names_.Finds(std::string(name));
    }
    if (!found) return Failed(DeviceState::unknown, found.error().detail);
    if (*found) blocked.push_back(target);
  }
  return blocked;
}

}  // namespace
}  // namespace haproxy

Result<std::unique_ptr<Exporter>> MakeHaproxy(const config::Node& node,
                                              const Environment& environment) {
  auto settings = haproxy::ReadSettings(node);
  if (!settings) return tl::unexpected(settings.error());
  auto version = haproxy::VersionOf(settings->program);
  if (!version) return tl::unexpected(version.error());
  auto exporter =
      std::make_unique<haproxy::HaproxyExporter>(std::move(*settings), std::move(*version));
  if (environment.check_only) return exporter;
  if (auto ok = exporter->EnsureFiles(); !ok) return tl::unexpected(ok.error());
  return exporter;
}

}  // namespace exporters
