#include "exporters/nftables/nftables_exporter.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "exporters/difference.h"
#include "exporters/network_namespace.h"
#include "exporters/nftables/nested_nets.h"
#include "exporters/nftables/netlink.h"
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
// Of a list, to be looked up where nothing has changed.
constexpr std::size_t kSampleSize = 1'000;

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

// A reading of all elements that left nothing out, and the ruleset's generation up to which nobody
// but us has changed anything since.
struct FullReading {
  std::uint32_t generation;
  std::chrono::steady_clock::time_point at;
};

// What the kernel was last seen to hold, so that the next change costs as much as it changes.
struct Proven {
  policy::Sha256 list;
  NestedNets nets;
  std::size_t elements;
  std::uint64_t not_enforceable;
  std::optional<FullReading> reading;
};

// Up to so many lines of the list, from all over it.
std::vector<std::string> SampleOf(const policy::ListSnapshot& list) {
  std::vector<std::string> lines;
  const std::size_t step = std::max<std::size_t>(1, list.size() / kSampleSize);
  for (std::size_t i = 0; i < list.size(); i += step) lines.emplace_back(list.line(i));
  return lines;
}

std::vector<std::string> DifferenceIn(const SetChanges& drift) {
  std::vector<std::string> lines;
  const auto add = [&](char sign, const SetContents& contents) {
    std::size_t count = 0;
    for (const SetId set : kSets) {
      for (const Range& range : contents[set]) {
        if (++count > kDifferenceMax) return;
        lines.push_back(sign + std::string("ip ") + ToString(set, range));
      }
    }
  };
  add('+', drift.removed);
  add('-', drift.added);
  return lines;
}

class NftablesExporter final : public Exporter {
 public:
  NftablesExporter(Settings settings, std::string version, const platform::Clock& clock,
                   Netlink netlink)
      : settings_(std::move(settings)),
        version_(std::move(version)),
        clock_(clock),
        netlink_(std::move(netlink)) {}

  Profile profile() const override { return {version_, {"ip"}, 0}; }
  Result<Artifact> Render(const policy::ListSnapshot& list) const override;
  Outcome<Proof> Apply(const Change& change) override;
  Outcome<Proof> ReadBack(const policy::ListSnapshot& list) override;
  Outcome<std::vector<policy::Indicator>> Blocked(
      const std::vector<policy::Indicator>& targets) override;

 private:
  Result<void> SetUp();
  Result<void> RunNft(const std::vector<std::string>& options, const std::string& script);
  Result<SetContents> ReadSets();
  std::optional<Outcome<Proof>> ApplyDelta(const Change& change);
  Outcome<Proof> ApplyWhole(const policy::ListSnapshot& list);
  Result<std::string> Mismatch(const SetChanges& changes, const policy::ListSnapshot& list,
                               const NestedNets& nets);
  Result<bool> DropUnlisted(SetChanges& drift);
  std::optional<FullReading> ReadingAfterOwnCommit(const Proven& before, std::uint32_t generation);
  std::optional<Outcome<Proof>> ReadBackBySample(const policy::ListSnapshot& list);
  Outcome<Proof> ReadBackWhole(const policy::ListSnapshot& list);

  Settings settings_;
  std::string version_;
  const platform::Clock& clock_;
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
  // The listing before it may have left something out, so that all is read once more later.
  proven_.emplace(Proven{list.digest(), NestedNets(addresses->nets), wanted.size(),
                         addresses->not_enforceable, std::nullopt});
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

// Looks up what the kernel left out of its listing, so that only what it truly lacks remains. Gives
// whether the listing left anything out: then it may have left out what is not on the list, too.
Result<bool> NftablesExporter::DropUnlisted(SetChanges& drift) {
  bool was_incomplete = false;
  for (const SetId set : {SetId::v4_hosts, SetId::v6_hosts}) {
    std::vector<Uint128> addresses;
    for (const Range& range : drift.added[set]) addresses.push_back(range.first);
    const auto found = netlink_.Match(settings_.table, set, addresses);
    if (!found) return tl::unexpected(found.error());
    std::vector<Range> lacking;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      if (!(*found)[i]) lacking.push_back(drift.added[set][i]);
    }
    was_incomplete |= lacking.size() < addresses.size();
    drift.added[set] = std::move(lacking);
  }
  return was_incomplete;
}

// Nothing if somebody else changed anything since `before` was proven, or can have.
std::optional<FullReading> NftablesExporter::ReadingAfterOwnCommit(const Proven& before,
                                                                   std::uint32_t generation) {
  if (!before.reading || before.reading->generation != generation) return std::nullopt;
  const auto now = netlink_.Generation();
  if (!now || *now != generation + 1) return std::nullopt;
  return FullReading{*now, before.reading->at};
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
  const auto generation = netlink_.Generation();
  if (!generation) return Unchanged(generation.error());
  Transaction transaction(settings_.table);
  transaction.Add(changes);
  const bool is_commit = !transaction.empty();
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
  if (is_commit) next.reading = ReadingAfterOwnCommit(next, *generation);
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
  if (auto outcome = ReadBackBySample(list)) return std::move(*outcome);
  return ReadBackWhole(list);
}

// Nothing if all has to be read. What was read back stands as long as the kernel counts no change
// since but our own; a sample is looked up nevertheless, to find out where that is not so.
std::optional<Outcome<Proof>> NftablesExporter::ReadBackBySample(const policy::ListSnapshot& list) {
  if (!proven_ || !proven_->reading || proven_->list != list.digest() ||
      clock_.SteadyNow() - proven_->reading->at >= settings_.full_read_every) {
    return std::nullopt;
  }
  const auto sample = AddressesOf(SampleOf(list));
  if (!sample) return std::nullopt;
  const SetContents elements = ContentsOf(*sample);
  const auto mismatch = Mismatch({{}, elements}, list, proven_->nets);
  const auto state = ReadRuleset(netlink_, settings_);
  const auto generation = netlink_.Generation();
  if (!mismatch || !mismatch->empty() || !state || !state->deviations.empty() || !generation ||
      *generation != proven_->reading->generation) {
    return std::nullopt;
  }
  const auto age =
      std::chrono::duration_cast<std::chrono::minutes>(clock_.SteadyNow() - proven_->reading->at);
  return Outcome<Proof>(
      Proof{true, proven_->elements, proven_->not_enforceable,
            fmt::format(
                "all {} elements were read back {} minutes ago, or since when they changed, "
                "and the kernel counts no change but ours since (generation {}); looked up "
                "{} of them again; every chain drops what is in them, {} packets since it was made",
                proven_->elements, age.count(), *generation, elements.size(), state->packets)});
}

Outcome<Proof> NftablesExporter::ReadBackWhole(const policy::ListSnapshot& list) {
  proven_.reset();
  const auto addresses = AddressesOf(list);
  if (!addresses) return Unchanged(addresses.error());
  const auto state = ReadRuleset(netlink_, settings_);
  if (!state) return Unchanged(state.error());
  if (!state->deviations.empty()) {
    return Proof{false, 0, addresses->not_enforceable,
                 fmt::format("{}", fmt::join(state->deviations, "; "))};
  }
  const auto at = clock_.SteadyNow();
  const auto before = netlink_.Generation();
  const auto held = ReadSets();
  if (!held) return Unchanged(held.error());
  const SetContents wanted = ContentsOf(*addresses);
  SetChanges drift = Difference(*held, wanted);
  const auto was_incomplete = DropUnlisted(drift);
  if (!was_incomplete) return Unchanged(was_incomplete.error());
  if (drift.size() == 0) {
    const auto after = netlink_.Generation();
    std::optional<FullReading> reading;
    if (!*was_incomplete && before && after && *before == *after) {
      reading = FullReading{*after, at};
    }
    proven_.emplace(Proven{list.digest(), NestedNets(addresses->nets), wanted.size(),
                           addresses->not_enforceable, reading});
    return Proof{true, wanted.size(), addresses->not_enforceable,
                 fmt::format("read all {} elements from the kernel, each as it should be; every "
                             "chain drops what is in them, {} packets since it was made",
                             wanted.size(), state->packets)};
  }
  return Proof{
      false, held->size(), addresses->not_enforceable,
      fmt::format("the kernel lacks {} elements of the list and holds {} that are not on it",
                  drift.added.size(), drift.removed.size()),
      DifferenceIn(drift)};
}

Outcome<std::vector<policy::Indicator>> NftablesExporter::Blocked(
    const std::vector<policy::Indicator>& targets) {
  std::vector<policy::Indicator> blocked;
  for (const policy::Indicator& target : targets) {
    const auto* const address = std::get_if<IpPrefix>(&target);
    if (address == nullptr) continue;
    const bool v4 = address->family() == policy::IpFamily::v4;
    for (const SetId set : v4 ? std::array{SetId::v4_hosts, SetId::v4_nets}
                              : std::array{SetId::v6_hosts, SetId::v6_nets}) {
      const auto found = netlink_.Match(settings_.table, set, {address->first()});
      if (!found) return Unknown(found.error().detail);
      if (!found->front()) continue;
      blocked.push_back(target);
      break;
    }
  }
  return blocked;
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

Result<std::unique_ptr<Exporter>> MakeNftables(const config::Node& node,
                                               const Environment& environment) {
  auto settings = nftables::ReadSettings(node);
  if (!settings) return tl::unexpected(settings.error());
  auto version = nftables::VersionOf(*settings);
  if (!version) return tl::unexpected(version.error());
  auto netlink = nftables::Netlink::Open(settings->network_namespace, settings->timeout);
  if (!netlink) return tl::unexpected(netlink.error());
  return std::make_unique<nftables::NftablesExporter>(std::move(*settings), std::move(*version),
                                                      environment.clock, std::move(*netlink));
}

}  // namespace exporters
