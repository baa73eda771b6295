#include "exporters/nftables/nftables_exporter.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <optional>
#include <string>
#include <utility>

#include "exporters/nftables/nested_nets.h"
#include "exporters/nftables/netlink.h"
#include "exporters/nftables/network_namespace.h"
#include "exporters/nftables/ruleset.h"
#include "exporters/nftables/sets.h"
#include "exporters/nftables/settings.h"
#include "platform/subprocess.h"

namespace exporters {
namespace nftables {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::IpPrefix;
using policy::Uint128;

// Beyond, reading all costs little more and proves more.
constexpr std::size_t kDeltaMax = 100'000;

tl::unexpected<Failure> Unchanged(const policy::Error& error) {
  const bool unknown = error.code == ErrorCode::outcome_unknown;
  return tl::unexpected(
      Failure{unknown ? DeviceState::unknown : DeviceState::unchanged, error.detail});
}

tl::unexpected<Failure> Unknown(std::string reason) {
  return tl::unexpected(Failure{DeviceState::unknown, std::move(reason)});
}

// Where the element that matches `address` should begin.
std::optional<Uint128> WantedMatch(SetId set, Uint128 address, const policy::ListSnapshot& list,
                                   const NestedNets& nets) {
  const auto host = IpPrefix::From(IsV4(set) ? policy::IpFamily::v4 : policy::IpFamily::v6, address,
                                   IsV4(set) ? 32 : 128);
  if (!host) return std::nullopt;
  if (!IsInterval(set)) {
    return list.Contains("ip " + host->ToString()) ? std::optional(address) : std::nullopt;
  }
  const auto net = nets.Outermost(*host);
  return net ? std::optional(net->first()) : std::nullopt;
}

// What the kernel was last seen to hold, so that the next change costs as much as it changes.
struct Proven {
  policy::Sha256 list;
  NestedNets nets;
  std::size_t elements;
  std::uint64_t not_enforceable;
};

class NftablesExporter final : public Exporter {
 public:
  NftablesExporter(Settings settings, std::string version, Netlink netlink)
      : settings_(std::move(settings)),
        version_(std::move(version)),
        netlink_(std::move(netlink)) {}

  Profile profile() const override { return {version_, {"ip"}, 0}; }
  Result<Artifact> Render(const policy::ListSnapshot& list) const override;
  Outcome<Proof> Apply(const Change& change) override;
  Outcome<Proof> ReadBack(const policy::ListSnapshot& list) override;

 private:
  Result<void> SetUp();
  Result<void> RunNft(const std::vector<std::string>& options, const std::string& script);
  Result<SetContents> ReadSets();
  std::optional<Outcome<Proof>> ApplyDelta(const Change& change);
  Outcome<Proof> ApplyWhole(const policy::ListSnapshot& list);
  Result<std::string> Mismatch(const SetChanges& changes, const policy::ListSnapshot& list,
                               const NestedNets& nets);
  Result<void> DropUnlisted(SetChanges& drift);
  void Remember(const policy::ListSnapshot& list, const Addresses& addresses, std::size_t elements);

  Settings settings_;
  std::string version_;
  Netlink netlink_;
  std::optional<Proven> proven_;
};

Result<Artifact> NftablesExporter::Render(const policy::ListSnapshot& list) const {
  const auto addresses = AddressesOf(list);
  if (!addresses) return tl::unexpected(addresses.error());
  const SetContents contents = ContentsOf(*addresses);
  Artifact artifact;
  for (const SetId set : kSets) {
    std::string text;
    for (const Range& range : contents[set]) text += ToString(set, range) + "\n";
    artifact.files.push_back({NameOf(set), std::move(text)});
  }
  artifact.enforced = contents.size();
  artifact.not_enforceable = addresses->not_enforceable;
  return artifact;
}

Result<void> NftablesExporter::RunNft(const std::vector<std::string>& options,
                                      const std::string& script) {
  std::vector<std::string> argv{settings_.nft.string()};
  argv.insert(argv.end(), options.begin(), options.end());
  platform::RunOptions run;
  run.timeout = settings_.timeout;
  run.input = script;
  Result<platform::ProcessOutput> output = Fail(ErrorCode::unavailable, "nft was not run");
  auto entered =
      InNamespace(settings_.network_namespace, [&] { output = platform::Run(argv, run); });
  if (!entered) return entered;
  if (!output) return tl::unexpected(output.error());
  if (output->exit_code == 0) return {};
  return Fail(ErrorCode::unavailable,
              "nft refuses the table's set-up: " + output->err.substr(0, 1000));
}

// Makes table, sets, chains and rules as they should be, if they are not.
Result<void> NftablesExporter::SetUp() {
  auto state = ReadRuleset(netlink_, settings_);
  if (!state) return tl::unexpected(state.error());
  if (state->deviations.empty()) return {};
  if (!state->KeepsElements()) proven_.reset();
  const std::string script = RulesetScript(settings_, *state);
  if (auto ok = RunNft({"-c", "-f", "-"}, script); !ok) return ok;
  if (auto ok = RunNft({"-f", "-"}, script); !ok) return ok;
  state = ReadRuleset(netlink_, settings_);
  if (!state) return Fail(ErrorCode::outcome_unknown, state.error().detail);
  if (state->deviations.empty()) return {};
  return Fail(ErrorCode::outcome_unknown, "after the set-up still: " + state->deviations.front());
}

Result<SetContents> NftablesExporter::ReadSets() {
  SetContents contents;
  for (const SetId set : kSets) {
    auto ranges = netlink_.Elements(settings_.table, set);
    if (!ranges) return tl::unexpected(ranges.error());
    contents[set] = std::move(*ranges);
  }
  return contents;
}

void NftablesExporter::Remember(const policy::ListSnapshot& list, const Addresses& addresses,
                                std::size_t elements) {
  proven_.emplace(
      Proven{list.digest(), NestedNets(addresses.nets), elements, addresses.not_enforceable});
}

Outcome<Proof> NftablesExporter::ApplyWhole(const policy::ListSnapshot& list) {
  proven_.reset();
  const auto addresses = AddressesOf(list);
  if (!addresses) return Unchanged(addresses.error());
  const SetContents wanted = ContentsOf(*addresses);
  const auto held = ReadSets();
  if (!held) return Unchanged(held.error());
  const SetChanges changes = Difference(*held, wanted);
  Transaction transaction(settings_.table);
  transaction.Add(changes);
  if (auto ok = netlink_.Commit(transaction); !ok) return Unchanged(ok.error());
  const auto mismatch = Mismatch(changes, list, NestedNets(addresses->nets));
  if (!mismatch) return Unknown(mismatch.error().detail);
  if (!mismatch->empty()) {
    return Unknown("the kernel does not match " + *mismatch + " as it should");
  }
  Remember(list, *addresses, wanted.size());
  return Proof{true, wanted.size(), addresses->not_enforceable,
               fmt::format("read {} elements from the kernel, then looked up each of {} that were "
                           "changed; every chain drops what is in them",
                           held->size(), changes.size())};
}

// Holds each end of each changed range against what should be there now; names the first that is
// not so.
Result<std::string> NftablesExporter::Mismatch(const SetChanges& changes,
                                               const policy::ListSnapshot& list,
                                               const NestedNets& nets) {
  for (const SetContents* side : {&changes.removed, &changes.added}) {
    for (const SetId set : kSets) {
      std::vector<Uint128> addresses;
      for (const Range& range : (*side)[set]) {
        addresses.push_back(range.first);
        if (range.last != range.first) addresses.push_back(range.last);
      }
      const auto found = netlink_.Match(settings_.table, set, addresses);
      if (!found) return tl::unexpected(found.error());
      for (std::size_t i = 0; i < addresses.size(); ++i) {
        if ((*found)[i] != WantedMatch(set, addresses[i], list, nets)) {
          return ToString(set, {addresses[i], addresses[i]});
        }
      }
    }
  }
  return std::string();
}

// Looks up what the kernel left out of its listing, so that only what it truly lacks remains.
Result<void> NftablesExporter::DropUnlisted(SetChanges& drift) {
  for (const SetId set : {SetId::v4_hosts, SetId::v6_hosts}) {
    std::vector<Uint128> addresses;
    for (const Range& range : drift.added[set]) addresses.push_back(range.first);
    const auto found = netlink_.Match(settings_.table, set, addresses);
    if (!found) return tl::unexpected(found.error());
    std::vector<Range> lacking;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      if (!(*found)[i]) lacking.push_back(drift.added[set][i]);
    }
    drift.added[set] = std::move(lacking);
  }
  return {};
}

// Nothing if the change has to be made by comparing everything.
std::optional<Outcome<Proof>> NftablesExporter::ApplyDelta(const Change& change) {
  if (change.base == nullptr || !proven_ || proven_->list != change.base->digest()) {
    return std::nullopt;
  }
  const auto removed = AddressesOf(change.delta.removed);
  if (!removed) return Unchanged(removed.error());
  const auto added = AddressesOf(change.delta.added);
  if (!added) return Unchanged(added.error());
  // Taken out: whatever happens from here on, only a success proves anything again.
  Proven next = std::move(*proven_);
  proven_.reset();
  SetChanges changes = next.nets.Apply(removed->nets, added->nets);
  for (const IpPrefix& host : removed->hosts) changes.removed[SetOf(host)].push_back(RangeOf(host));
  for (const IpPrefix& host : added->hosts) changes.added[SetOf(host)].push_back(RangeOf(host));
  if (changes.size() > kDeltaMax) return std::nullopt;
  Transaction transaction(settings_.table);
  transaction.Add(changes);
  if (auto ok = netlink_.Commit(transaction); !ok) {
    // The kernel does not hold what it was proven to.
    if (ok.error().code != ErrorCode::outcome_unknown) return std::nullopt;
    return Outcome<Proof>(Unchanged(ok.error()));
  }
  const auto mismatch = Mismatch(changes, change.list, next.nets);
  if (!mismatch) return Outcome<Proof>(Unknown(mismatch.error().detail));
  if (!mismatch->empty()) {
    return Outcome<Proof>(Unknown("the kernel does not match " + *mismatch + " as it should"));
  }
  next.list = change.list.digest();
  next.elements += changes.added.size();
  next.elements -= changes.removed.size();
  next.not_enforceable += added->not_enforceable;
  next.not_enforceable -= removed->not_enforceable;
  const Proof proof{true, next.elements, next.not_enforceable,
                    fmt::format("looked up each of {} changed elements in the kernel; the others "
                                "were read back before; every chain drops what is in them",
                                changes.size())};
  proven_ = std::move(next);
  return Outcome<Proof>(proof);
}

Outcome<Proof> NftablesExporter::Apply(const Change& change) {
  // Before anything is touched: a list that may not be enforced changes nothing.
  if (const auto usable = AddressesOf(change.delta.added); !usable) {
    return Unchanged(usable.error());
  }
  if (auto ok = SetUp(); !ok) return Unchanged(ok.error());
  if (auto outcome = ApplyDelta(change)) return std::move(*outcome);
  return ApplyWhole(change.list);
}

Outcome<Proof> NftablesExporter::ReadBack(const policy::ListSnapshot& list) {
  proven_.reset();
  const auto addresses = AddressesOf(list);
  if (!addresses) return Unchanged(addresses.error());
  const auto state = ReadRuleset(netlink_, settings_);
  if (!state) return Unchanged(state.error());
  if (!state->deviations.empty()) {
    return Proof{false, 0, addresses->not_enforceable,
                 fmt::format("{}", fmt::join(state->deviations, "; "))};
  }
  const auto held = ReadSets();
  if (!held) return Unchanged(held.error());
  const SetContents wanted = ContentsOf(*addresses);
  SetChanges drift = Difference(*held, wanted);
  if (auto ok = DropUnlisted(drift); !ok) return Unchanged(ok.error());
  if (drift.size() == 0) {
    Remember(list, *addresses, wanted.size());
    return Proof{true, wanted.size(), addresses->not_enforceable,
                 fmt::format("read all {} elements from the kernel, each as it should be; every "
                             "chain drops what is in them",
                             wanted.size())};
  }
  return Proof{
      false, held->size(), addresses->not_enforceable,
      fmt::format("the kernel lacks {} elements of the list and holds {} that are not on it",
                  drift.added.size(), drift.removed.size())};
}

Result<std::string> VersionOf(const Settings& settings) {
  auto output = platform::Run({settings.nft.string(), "-v"}, {});
  if (!output) return tl::unexpected(output.error());
  constexpr std::string_view before = "nftables v";
  const auto at = output->out.find(before);
  if (output->exit_code != 0 || at == std::string::npos) {
    return Fail(ErrorCode::unavailable, settings.nft.string() + " -v names no version");
  }
  const auto begin = at + before.size();
  const auto end = output->out.find_first_of(" \n", begin);
  utsname kernel{};
  uname(&kernel);
  return fmt::format("nftables {}, Linux {}", output->out.substr(begin, end - begin),
                     static_cast<const char*>(kernel.release));
}

}  // namespace
}  // namespace nftables

Result<std::unique_ptr<Exporter>> MakeNftables(const config::Node& node, const Environment&) {
  auto settings = nftables::ReadSettings(node);
  if (!settings) return tl::unexpected(settings.error());
  auto version = nftables::VersionOf(*settings);
  if (!version) return tl::unexpected(version.error());
  auto netlink = nftables::Netlink::Open(settings->network_namespace, settings->timeout);
  if (!netlink) return tl::unexpected(netlink.error());
  return std::make_unique<nftables::NftablesExporter>(std::move(*settings), std::move(*version),
                                                      std::move(*netlink));
}

}  // namespace exporters
