#include "exporters/ipset/ipset_exporter.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "exporters/difference.h"
#include "exporters/ip_lines.h"
#include "exporters/ipset/sets.h"
#include "exporters/ipset/settings.h"

namespace exporters {
namespace ipset {
namespace {

using policy::IpFamily;
using policy::IpPrefix;

// Beyond, a new set beside the old is quicker, and changes all at one instant.
constexpr std::size_t kSingleChangesMax = 10'000;

tl::unexpected<Failure> Unchanged(std::string reason) {
  return tl::unexpected(Failure{DeviceState::unchanged, std::move(reason)});
}

tl::unexpected<Failure> Unknown(std::string reason) {
  return tl::unexpected(Failure{DeviceState::unknown, std::move(reason)});
}

// What of a list, or of one side of a delta, goes into the sets.
struct Wanted {
  std::vector<IpPrefix> prefixes;  // ascending
  std::uint64_t not_enforceable = 0;
};

class IpsetExporter final : public Exporter {
 public:
  IpsetExporter(Settings settings, std::string version, const platform::Clock& clock)
      : settings_(std::move(settings)),
        version_(std::move(version)),
        clock_(clock),
        sets_(settings_) {}

  Profile profile() const override { return {version_, {"ip"}, 0}; }
  Result<Artifact> Render(const policy::ListSnapshot& list) const override;
  Outcome<Proof> Apply(const Change& change) override;
  Outcome<Proof> ReadBack(const policy::ListSnapshot& list) override;

  Result<void> EnsureSets() const { return sets_.Ensure(); }

 private:
  template <class Lines>
  Result<Wanted> WantedOf(const Lines& lines) const;
  Result<std::string> UnusedSet() const;
  std::optional<Outcome<Proof>> ApplyDelta(const Change& change);
  Outcome<Proof> ApplyWhole(const policy::ListSnapshot& list);
  Outcome<Proof> ReadAll(const policy::ListSnapshot& list);

  Settings settings_;
  std::string version_;
  const platform::Clock& clock_;
  Sets sets_;

  // What the kernel was last seen to hold, entry by entry.
  struct Proven {
    policy::Sha256 list;
    std::size_t entries;
    std::uint64_t not_enforceable;
  };
  std::optional<Proven> proven_;
  std::optional<std::chrono::steady_clock::time_point> filled_;  // when all got their time
};

template <class Lines>
Result<Wanted> IpsetExporter::WantedOf(const Lines& list) const {
  auto lines = IpLinesOf(list);
  if (!lines) return tl::unexpected(lines.error());
  Wanted wanted{std::move(lines->prefixes), lines->others};
  if (!settings_.ipv6) {
    wanted.not_enforceable += std::erase_if(
        wanted.prefixes, [](const IpPrefix& prefix) { return prefix.family() == IpFamily::v6; });
  }
  std::sort(wanted.prefixes.begin(), wanted.prefixes.end());
  return wanted;
}

Result<Artifact> IpsetExporter::Render(const policy::ListSnapshot& list) const {
  const auto wanted = WantedOf(list);
  if (!wanted) return tl::unexpected(wanted.error());
  Artifact artifact{{}, wanted->prefixes.size(), wanted->not_enforceable};
  for (const IpFamily family : sets_.families()) {
    std::string text;
    for (const IpPrefix& prefix : wanted->prefixes) {
      if (prefix.family() == family) text += prefix.ToString() + "\n";
    }
    artifact.files.push_back({sets_.NameOf(family), std::move(text)});
  }
  return artifact;
}

// A set that no rule refers to, so that it blocks nothing; empty if there is none.
Result<std::string> IpsetExporter::UnusedSet() const {
  for (const IpFamily family : sets_.families()) {
    const auto state = sets_.StateOf(family);
    if (!state) return tl::unexpected(state.error());
    if (state->references != 0) continue;
    const std::string name = sets_.NameOf(family);
    return fmt::format(
        "no rule uses the set {0}; add one: {1} -I INPUT -m set --match-set {0} src "
        "-j DROP",
        name, family == IpFamily::v4 ? "iptables" : "ip6tables");
  }
  return std::string();
}

// Nothing if the change has to be made by filling new sets.
std::optional<Outcome<Proof>> IpsetExporter::ApplyDelta(const Change& change) {
  if (change.base == nullptr || !proven_ || proven_->list != change.base->digest()) {
    return std::nullopt;
  }
  const auto added = WantedOf(change.delta.added);
  const auto removed = WantedOf(change.delta.removed);
  if (!added || !removed) return Unchanged((!added ? added : removed).error().detail);
  if (added->prefixes.size() + removed->prefixes.size() > kSingleChangesMax) return std::nullopt;
  Proven next = *std::exchange(proven_, std::nullopt);
  // The kernel refuses to add what is there, or to remove what is not: then somebody else was here.
  if (!sets_.Change(added->prefixes, removed->prefixes)) return std::nullopt;
  next.list = change.list.digest();
  next.entries += added->prefixes.size();
  next.entries -= removed->prefixes.size();
  next.not_enforceable += added->not_enforceable;
  next.not_enforceable -= removed->not_enforceable;
  std::size_t entries = 0;
  for (const IpFamily family : sets_.families()) {
    const auto state = sets_.StateOf(family);
    if (!state) return Unknown(state.error().detail);
    entries += state->entries;
  }
  if (entries != next.entries) return std::nullopt;
  proven_ = next;
  return Proof{
      true, next.entries, next.not_enforceable,
      fmt::format("the kernel took each of {} changes, and counts {} entries as it should; "
                  "the others were read back before; rules use the sets",
                  added->prefixes.size() + removed->prefixes.size(), entries)};
}

Outcome<Proof> IpsetExporter::ApplyWhole(const policy::ListSnapshot& list) {
  proven_.reset();
  const auto wanted = WantedOf(list);
  if (!wanted) return Unchanged(wanted.error().detail);
  if (auto ok = sets_.Replace(wanted->prefixes); !ok) return Unknown(ok.error().detail);
  filled_ = clock_.SteadyNow();
  return ReadAll(list);
}

Outcome<Proof> IpsetExporter::Apply(const Change& change) {
  // Before anything is touched: a list that may not be enforced changes nothing.
  if (const auto usable = WantedOf(change.list); !usable) return Unchanged(usable.error().detail);
  if (auto ok = sets_.Ensure(); !ok) return Unchanged(ok.error().detail);
  const auto unused = UnusedSet();
  if (!unused) return Unchanged(unused.error().detail);
  if (!unused->empty()) return Unchanged(*unused);
  if (auto outcome = ApplyDelta(change)) return std::move(*outcome);
  return ApplyWhole(change.list);
}

Outcome<Proof> IpsetExporter::ReadBack(const policy::ListSnapshot& list) {
  auto proof = ReadAll(list);
  const bool is_due = settings_.hold.count() != 0 &&
                      (!filled_ || clock_.SteadyNow() - *filled_ >= settings_.hold / 4);
  if (!proof || !proof->matches || !is_due) return proof;
  return ApplyWhole(list);
}

Outcome<Proof> IpsetExporter::ReadAll(const policy::ListSnapshot& list) {
  proven_.reset();
  const auto wanted = WantedOf(list);
  if (!wanted) return Unchanged(wanted.error().detail);
  std::vector<IpPrefix> held;
  std::uint64_t packets = 0;
  for (const IpFamily family : sets_.families()) {
    const auto contents = sets_.ContentsOf(family);
    if (!contents && contents.error().code == policy::ErrorCode::not_found) {
      return Proof{false, 0, wanted->not_enforceable, "there is no set " + sets_.NameOf(family)};
    }
    if (!contents) return Unknown(contents.error().detail);
    held.insert(held.end(), contents->prefixes.begin(), contents->prefixes.end());
    packets += contents->packets;
  }
  if (held != wanted->prefixes) {
    return Proof{false, held.size(), wanted->not_enforceable,
                 fmt::format("the sets hold {} entries, which are not the {} of this list",
                             held.size(), wanted->prefixes.size()),
                 DifferenceOf(held, wanted->prefixes, policy::LineOf)};
  }
  const auto unused = UnusedSet();
  if (!unused) return Unknown(unused.error().detail);
  if (!unused->empty()) return Unchanged(*unused);
  proven_ = Proven{list.digest(), held.size(), wanted->not_enforceable};
  return Proof{
      true, held.size(), wanted->not_enforceable,
      fmt::format("read all {} entries from the kernel, each of them this list's; rules use "
                  "the sets, and found {} packets in them since they were last filled",
                  held.size(), packets)};
}

}  // namespace
}  // namespace ipset

Result<std::unique_ptr<Exporter>> MakeIpset(const config::Node& node,
                                            const Environment& environment) {
  auto settings = ipset::ReadSettings(node);
  if (!settings) return tl::unexpected(settings.error());
  auto version = ipset::Sets(*settings).Version();
  if (!version) return tl::unexpected(version.error());
  auto exporter = std::make_unique<ipset::IpsetExporter>(std::move(*settings), std::move(*version),
                                                         environment.clock);
  if (environment.check_only) return exporter;
  // iptables refuses rules with a set that is not there, whether or not there is an agent yet.
  if (auto ok = exporter->EnsureSets(); !ok) return tl::unexpected(ok.error());
  return exporter;
}

}  // namespace exporters
