#include "exporters/rpz/rpz_exporter.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "exporters/difference.h"
#include "exporters/rpz/contents.h"
#include "exporters/rpz/knot_loader.h"
#include "exporters/rpz/named_loader.h"
#include "exporters/rpz/primary.h"
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

constexpr std::size_t sample_count = 8;
constexpr std::size_t cleared_count = 2;

// Of a zone that somebody else wrote, besides twice what it should hold.
constexpr std::size_t difference_size_max = std::size_t{64} << 20;

// Above this, a primary is faster with a new file: updates go through the journal one by one.
constexpr std::size_t update_lines_max = 20'000;
constexpr std::size_t update_lines_always = 1'000;

// Knot DNS takes as long for an update as the zone is large, so it had better not be many.
bool IsSmall(const policy::Delta& delta, std::size_t list_size, bool is_knot) {
  const std::size_t lines = delta.added.size() + delta.removed.size();
  if (lines <= update_lines_always) return true;
  return !is_knot && lines <= update_lines_max && lines <= list_size / 4;
}

std::unique_ptr<ZoneLoader> MakeLoader(const Settings& settings,
                                       const std::filesystem::path& scratch_folder) {
  if (settings.knot) return std::make_unique<KnotLoader>(settings, scratch_folder);
  return std::make_unique<NamedLoader>(settings, scratch_folder);
}

Failure Unchanged(std::string reason) {
  return {DeviceState::unchanged, std::move(reason)};
}

class RpzExporter final : public Exporter {
 public:
  RpzExporter(const Settings& settings, const Environment& environment)
      : settings_(settings),
        serials_(environment.state_dir / "serial"),
        primary_(settings.primary, settings.tsig_key, settings.zone, settings.answer_timeout),
        resolvers_(settings.resolvers, settings.zone, settings.answer_timeout),
        software_(settings.knot ? "Knot DNS" : "BIND"),
        loader_(MakeLoader(settings, environment.state_dir)) {}

  policy::Result<void> Start() {
    if (auto ok = loader_->FindChecker(); !ok) return ok;
    const auto version = loader_->Version();
    if (!version) {
      platform::Warn("the version of {} is not known: {}", software_, version.error().detail);
      return {};
    }
    software_ = *version;
    return {};
  }

  Profile profile() const override { return ProfileOf(software_, settings_.zone); }

  Result<Artifact> Render(const ListSnapshot& list) const override {
    return ArtifactOf(list, settings_.zone);
  }

  Outcome<Proof> Apply(const Change& change) override {
    const auto state = primary_.Read();
    if (!state && state.error().code != ErrorCode::not_found) {
      return tl::unexpected(Unchanged(state.error().detail));
    }
    const bool on_base = change.base != nullptr && state && state->untouched() &&
                         state->stamp->digest == change.base->digest() &&
                         IsSmall(change.delta, change.list.size(), settings_.knot.has_value());
    Outcome<void> applied = tl::unexpected(Unchanged({}));
    if (on_base) applied = ApplyDelta(change, *state);
    // What the primary refuses as an update it may take as a file: if an exporter died during a
    // load, named's zone is frozen.
    if (!applied && applied.error().device == DeviceState::unchanged) {
      if (on_base) platform::Info("writing the whole zone, since {}", applied.error().reason);
      applied = ApplyWhole(change.list, state ? &*state : nullptr);
    }
    if (!applied) return tl::unexpected(applied.error());
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
  Outcome<void> ApplyDelta(const Change& change, const ZoneState& state) {
    if (change.delta.empty()) return {};
    if (!contents_ || contents_->digest() != change.base->digest()) {
      auto contents = Contents::Of(*change.base, settings_.zone);
      if (!contents) return tl::unexpected(Unchanged(contents.error().detail));
      contents_ = std::move(*contents);
    }
    const auto owners = contents_->Apply(change.delta, change.list);
    if (!owners) return tl::unexpected(Unchanged(owners.error().detail));
    const std::uint32_t serial =
        NextSerial(state.serial, serials_.Last(state.serial)) + primary_.UpdateCount(*owners) - 1;
    if (auto ok = serials_.Remember(serial); !ok) {
      return tl::unexpected(Unchanged(ok.error().detail));
    }
    return primary_.Update(
        state, *owners,
        {change.list.digest(), serial, contents_->enforced(), contents_->not_enforceable()});
  }

  Outcome<void> ApplyWhole(const ListSnapshot& list, const ZoneState* state) {
    const std::uint32_t current = state != nullptr ? state->serial : serials_.Last(0);
    const std::uint32_t serial = NextSerial(current, serials_.Last(current));
    const auto zone = RenderZone(list, settings_.zone, serial);
    if (!zone) return tl::unexpected(Unchanged(zone.error().detail));
    if (auto ok = serials_.Remember(serial); !ok) {
      return tl::unexpected(Unchanged(ok.error().detail));
    }
    return loader_->Load(zone->bytes, serial, state != nullptr, primary_);
  }

  // What this change must be seen by: some of its own names.
  Probes ChangedProbes(const Change& change) const {
    Probes probes;
    if (change.base == nullptr) return probes;
    const auto added = ListSnapshot::FromLines(change.delta.added);
    probes.blocked = SampleBlocked(*added, settings_.zone, sample_count, samples_);
    const auto removed = ListSnapshot::FromLines(change.delta.removed);
    for (std::string& name : SampleBlocked(*removed, settings_.zone, cleared_count, samples_)) {
      if (!Covers(change.list, name)) probes.cleared.push_back(std::move(name));
    }
    return probes;
  }

  // What a zone is called that is not as we last wrote it, or holds another list.
  static std::string Found(const ZoneState& state) {
    const std::string serial = fmt::format("SOA serial {}", state.serial);
    if (!state.stamp) return serial + "; the zone holds no list of ours";
    if (state.untouched()) {
      return fmt::format("{}; the zone holds the list {}", serial,
                         policy::ToHex(state.stamp->digest));
    }
    return fmt::format("{}, but we last wrote {}: somebody else changed the zone", serial,
                       state.stamp->serial);
  }

  Proof Differing(const ListSnapshot& list, const ZoneState& state) const {
    Proof proof{false, 0, 0, Found(state)};
    if (state.stamp) {
      proof.enforced = state.stamp->enforced;
      proof.not_enforceable = state.stamp->not_enforceable;
    }
    if (state.untouched()) return proof;  // another list of ours, whole
    const auto zone = RenderZone(list, settings_.zone, state.stamp ? state.stamp->serial : 0);
    if (!zone) return proof;
    const auto held = primary_.ReadRecords(2 * zone->bytes.size() + difference_size_max);
    if (held) {
      proof.difference = FileDifference(settings_.zone.name, *held, RecordsIn(zone->bytes));
    } else {
      proof.how += "; what differs can't be shown: " + held.error().detail;
    }
    return proof;
  }

  Outcome<Proof> Confirm(const ListSnapshot& list, Probes probes) {
    const auto state = primary_.Read();
    if (!state) return tl::unexpected(Failure{DeviceState::unknown, state.error().detail});
    if (!state->untouched() || state->stamp->digest != list.digest()) {
      return Differing(list, *state);
    }
    const std::uint64_t enforced = state->stamp->enforced;
    const std::uint64_t not_enforceable = state->stamp->not_enforceable;
    const std::string serial = fmt::format("SOA serial {}", state->serial);
    auto sample = SampleBlocked(list, settings_.zone, sample_count, ++samples_);
    probes.blocked.insert(probes.blocked.end(), sample.begin(), sample.end());
    const auto proven = resolvers_.Prove(*state->stamp, probes, settings_.enforce_timeout);
    if (!proven && proven.error().code != ErrorCode::conflict) {
      return tl::unexpected(
          Failure{DeviceState::unknown, serial + ", but: " + proven.error().detail});
    }
    if (!proven) {
      return Proof{false, enforced, not_enforceable, serial + "; " + proven.error().detail};
    }
    return Proof{true, enforced, not_enforceable, fmt::format("{}; {}", serial, *proven)};
  }

  Settings settings_;
  SerialMemory serials_;
  Primary primary_;
  Resolvers resolvers_;
  std::string software_;
  std::unique_ptr<ZoneLoader> loader_;
  std::optional<Contents> contents_;
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
