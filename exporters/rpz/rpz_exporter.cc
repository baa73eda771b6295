#include "exporters/rpz/rpz_exporter.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "exporters/difference.h"
#include "exporters/rpz/parts.h"
#include "exporters/rpz/primary_zone.h"
#include "exporters/rpz/probe.h"
#include "exporters/rpz/serial.h"
#include "exporters/rpz/settings.h"
#include "exporters/rpz/zone.h"
#include "platform/log.h"

namespace exporters {
namespace rpz {
namespace {

using policy::ErrorCode;
using policy::ListSnapshot;
using States = std::vector<policy::Result<ZoneState>>;  // of each zone

constexpr std::size_t sample_count = 8;
constexpr std::size_t cleared_count = 2;
constexpr std::size_t told_zones_max = 3;

Failure Unchanged(std::string reason) {
  return {DeviceState::unchanged, std::move(reason)};
}

std::vector<std::string> NamesOf(const std::vector<Settings>& zones) {
  std::vector<std::string> names;
  for (const Settings& zone : zones) names.push_back(zone.zone.name);
  return names;
}

// "SOA serial 41", of several zones "16 zones with SOA serial 38 to 41".
std::string SerialsOf(const std::vector<Stamp>& stamps) {
  if (stamps.size() == 1) return fmt::format("SOA serial {}", stamps.front().serial);
  const auto [first, last] = std::minmax_element(
      stamps.begin(), stamps.end(),
      [](const Stamp& a, const Stamp& b) { return SerialIsNewer(b.serial, a.serial); });
  const std::string up_to =
      first->serial == last->serial ? "" : fmt::format(" to {}", last->serial);
  return fmt::format("{} zones with SOA serial {}{}", stamps.size(), first->serial, up_to);
}

class RpzExporter final : public Exporter {
 public:
  RpzExporter(const Settings& settings, const Environment& environment)
      : RpzExporter(settings, SettingsOfZones(settings), environment.state_dir) {}

  policy::Result<void> Start() {
    if (auto ok = zones_.front()->FindChecker(); !ok) return ok;
    const auto version = zones_.front()->Version();
    if (!version) {
      platform::Warn("the version of {} is not known: {}", software_, version.error().detail);
      return {};
    }
    software_ = *version;
    return {};
  }

  Profile profile() const override { return ProfileOf(software_, settings_.zone); }

  Result<Artifact> Render(const ListSnapshot& list) const override {
    if (zones_.size() == 1) return ArtifactOf(list, settings_.zone);
    Artifact artifact;
    const std::vector<ListPtr> lists = PartLists(zones_.size()).Of(list);
    for (std::size_t part = 0; part < lists.size(); ++part) {
      auto one = ArtifactOf(*lists[part], zones_[part]->parameters());
      if (!one) return one;
      artifact.files.push_back({fmt::format("{}.{}", PartLabel(part), one->files.front().name),
                                std::move(one->files.front().bytes)});
      artifact.enforced += one->enforced;
      artifact.not_enforceable += one->not_enforceable;
    }
    return artifact;
  }

  Outcome<Proof> Apply(const Change& change) override {
    const States states = Read();
    for (const auto& state : states) {
      if (!state && state.error().code != ErrorCode::not_found) {
        return tl::unexpected(Unchanged(state.error().detail));
      }
    }
    const auto parts = part_lists_.Of(change);
    if (!parts) return tl::unexpected(Unchanged(parts.error().detail));
    if (auto written = Write(*parts, states); !written) return tl::unexpected(written.error());
    return Confirm(change.list, ChangedProbes(change));
  }

  Outcome<Proof> ReadBack(const ListSnapshot& list) override { return Confirm(list, {}); }

  Outcome<std::vector<policy::Indicator>> Blocked(
      const std::vector<policy::Indicator>& targets) override {
    auto blocked = resolvers_.Blocked(targets, settings_.enforce_timeout);
    if (!blocked) return tl::unexpected(Failure{DeviceState::unknown, blocked.error().detail});
    return *std::move(blocked);
  }

 private:
  RpzExporter(const Settings& settings, const std::vector<Settings>& zones,
              const std::filesystem::path& state_dir)
      : settings_(settings),
        resolvers_(settings.resolvers, settings.zone, NamesOf(zones), settings.answer_timeout),
        software_(settings.knot ? "Knot DNS" : "BIND"),
        part_lists_(zones.size()) {
    for (std::size_t part = 0; part < zones.size(); ++part) {
      const std::string serial = zones.size() == 1 ? "serial" : "serial." + PartLabel(part);
      zones_.push_back(std::make_unique<PrimaryZone>(zones[part], state_dir, state_dir / serial));
    }
  }

  // What every zone can enforce: the last part has the longest name.
  const ZoneParameters& sampled() const { return zones_.back()->parameters(); }

  States Read() const {
    std::vector<const Primary*> primaries;
    for (const auto& zone : zones_) primaries.push_back(&zone->primary());
    return Primary::ReadAll(primaries);
  }

  // All that have to change, and only then waits for resolvers: those that ask for changes once a
  // second then take all of them at once.
  Outcome<void> Write(const std::vector<PartChange>& parts, const States& states) {
    bool changed = false;
    for (std::size_t i = 0; i < zones_.size(); ++i) {
      const PartChange& part = parts[i];
      const ZoneState* const state = states[i] ? &*states[i] : nullptr;
      const bool stays =
          part.base && part.delta.empty() && state != nullptr && state->Holds(part.list->digest());
      if (stays) continue;
      auto written = zones_[i]->Write({part.base.get(), *part.list, part.delta}, state);
      if (!written) {
        Failure failure = std::move(written.error());
        if (changed && failure.device == DeviceState::unchanged) {
          failure.device = DeviceState::changed;
        }
        return tl::unexpected(std::move(failure));
      }
      changed = true;
    }
    return {};
  }

  // What this change must be seen by: some of its own names.
  Probes ChangedProbes(const Change& change) const {
    Probes probes;
    if (change.base == nullptr) return probes;
    const auto added = ListSnapshot::FromLines(change.delta.added);
    probes.blocked = SampleBlocked(*added, sampled(), sample_count, samples_);
    const auto removed = ListSnapshot::FromLines(change.delta.removed);
    for (std::string& name : SampleBlocked(*removed, sampled(), cleared_count, samples_)) {
      if (!Covers(change.list, name)) probes.cleared.push_back(std::move(name));
    }
    return probes;
  }

  Proof Differing(const std::vector<ListPtr>& lists, const std::vector<ZoneState>& states) const {
    Proof proof{false, 0, 0, ""};
    std::size_t count = 0;
    for (std::size_t i = 0; i < zones_.size(); ++i) {
      const ZoneState& state = states[i];
      if (state.stamp) {
        proof.enforced += state.stamp->enforced;
        proof.not_enforceable += state.stamp->not_enforceable;
      }
      if (state.Holds(lists[i]->digest()) || ++count > told_zones_max) continue;
      auto departure = zones_[i]->DepartureFrom(*lists[i], state);
      if (count > 1) proof.how += "; ";
      if (zones_.size() > 1) proof.how += zones_[i]->parameters().name + ": ";
      proof.how += departure.found;
      std::move(departure.difference.begin(), departure.difference.end(),
                std::back_inserter(proof.difference));
    }
    if (zones_.size() > 1) {
      proof.how = fmt::format("{} of {} zones differ: {}{}", count, zones_.size(), proof.how,
                              count > told_zones_max ? "; ..." : "");
    }
    return proof;
  }

  Outcome<Proof> Confirm(const ListSnapshot& list, Probes probes) {
    std::vector<ZoneState> states;
    for (auto& state : Read()) {
      if (!state) return tl::unexpected(Failure{DeviceState::unknown, state.error().detail});
      states.push_back(*std::move(state));
    }
    const std::vector<ListPtr> lists = part_lists_.Of(list);
    std::vector<Stamp> stamps;
    Proof proof{true, 0, 0, ""};
    for (std::size_t i = 0; i < zones_.size(); ++i) {
      if (!states[i].Holds(lists[i]->digest())) return Differing(lists, states);
      stamps.push_back(*states[i].stamp);
      proof.enforced += stamps.back().enforced;
      proof.not_enforceable += stamps.back().not_enforceable;
    }
    const std::string serials = SerialsOf(stamps);
    auto sample = SampleBlocked(list, sampled(), sample_count, ++samples_);
    probes.blocked.insert(probes.blocked.end(), sample.begin(), sample.end());
    const auto proven = resolvers_.Prove(stamps, probes, settings_.enforce_timeout);
    if (!proven && proven.error().code != ErrorCode::conflict) {
      return tl::unexpected(
          Failure{DeviceState::unknown, serials + ", but: " + proven.error().detail});
    }
    proof.matches = proven.has_value();
    proof.how = fmt::format("{}; {}", serials, proven ? *proven : proven.error().detail);
    return proof;
  }

  Settings settings_;
  std::vector<std::unique_ptr<PrimaryZone>> zones_;  // one, or one for each part
  Resolvers resolvers_;
  std::string software_;
  PartLists part_lists_;
  std::uint64_t samples_ = 0;  // so that each read-back asks for other names
};

}  // namespace
}  // namespace rpz

Result<std::unique_ptr<Exporter>> MakeRpz(const config::Node& settings,
                                          const Environment& environment) {
  const auto read = rpz::ReadSettings(settings);
  if (!read) return tl::unexpected(read.error());
  auto exporter = std::make_unique<rpz::RpzExporter>(*read, environment);
  if (auto ok = exporter->Start(); !ok) return tl::unexpected(ok.error());
  return std::unique_ptr<Exporter>(std::move(exporter));
}

}  // namespace exporters
