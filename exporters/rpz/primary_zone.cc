#include "exporters/rpz/primary_zone.h"

#include <fmt/format.h>

#include <cstdint>
#include <utility>

#include "exporters/difference.h"
#include "exporters/rpz/knot_loader.h"
#include "exporters/rpz/named_loader.h"
#include "exporters/rpz/zone.h"
#include "platform/log.h"

namespace exporters::rpz {
namespace {

using policy::ListSnapshot;

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

std::string Found(const ZoneState& state) {
  const std::string serial = fmt::format("SOA serial {}", state.serial);
  if (!state.stamp) return serial + "; the zone holds no list of ours";
  if (state.untouched()) {
    return fmt::format("{}; the zone holds the list {}", serial,
                       policy::ToHex(state.stamp->digest));
  }
  return fmt::format("{}, but we last wrote {}: somebody else changed the zone", serial,
                     state.stamp->serial);
}

}  // namespace

PrimaryZone::PrimaryZone(const Settings& settings, const std::filesystem::path& scratch_folder,
                         std::filesystem::path serial_file)
    : settings_(settings),
      serials_(std::move(serial_file)),
      primary_(settings.primary, settings.tsig_key, settings.zone, settings.answer_timeout),
      loader_(MakeLoader(settings, scratch_folder)) {}

Outcome<void> PrimaryZone::Write(const Change& change, const ZoneState* state) {
  const bool on_base = change.base != nullptr && state != nullptr &&
                       state->Holds(change.base->digest()) &&
                       IsSmall(change.delta, change.list.size(), settings_.knot.has_value());
  if (!on_base) return WriteWhole(change.list, state);
  auto written = WriteDelta(change, *state);
  if (written || written.error().device != DeviceState::unchanged) return written;
  // What the primary refuses as an update it may take as a file: if an exporter died during a
  // load, named's zone is frozen.
  platform::Info("writing the whole zone, since {}", written.error().reason);
  return WriteWhole(change.list, state);
}

Outcome<void> PrimaryZone::WriteDelta(const Change& change, const ZoneState& state) {
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
  auto updated = primary_.Update(
      state, *owners,
      {change.list.digest(), serial, contents_->enforced(), contents_->not_enforceable()});
  if (updated) loader_->Announce();
  return updated;
}

Outcome<void> PrimaryZone::WriteWhole(const ListSnapshot& list, const ZoneState* state) {
  const std::uint32_t current = state != nullptr ? state->serial : serials_.Last(0);
  const std::uint32_t serial = NextSerial(current, serials_.Last(current));
  const auto zone = RenderZone(list, settings_.zone, serial);
  if (!zone) return tl::unexpected(Unchanged(zone.error().detail));
  if (auto ok = serials_.Remember(serial); !ok) {
    return tl::unexpected(Unchanged(ok.error().detail));
  }
  return loader_->Load(zone->bytes, serial, state != nullptr, primary_);
}

PrimaryZone::Departure PrimaryZone::DepartureFrom(const ListSnapshot& list,
                                                  const ZoneState& state) const {
  Departure departure{Found(state), {}};
  if (state.untouched()) return departure;  // another list of ours, whole
  const auto zone = RenderZone(list, settings_.zone, state.stamp ? state.stamp->serial : 0);
  if (!zone) return departure;
  const auto held = primary_.ReadRecords(2 * zone->bytes.size() + difference_size_max);
  if (held) {
    departure.difference = FileDifference(settings_.zone.name, *held, RecordsIn(zone->bytes));
  } else {
    departure.found += "; what differs can't be shown: " + held.error().detail;
  }
  return departure;
}

}  // namespace exporters::rpz
