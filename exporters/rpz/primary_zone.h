#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exporters/exporter.h"
#include "exporters/rpz/contents.h"
#include "exporters/rpz/primary.h"
#include "exporters/rpz/serial.h"
#include "exporters/rpz/settings.h"
#include "exporters/rpz/zone_loader.h"
#include "policy/release.h"
#include "policy/result.h"

namespace exporters::rpz {

// One zone in its primary, BIND or Knot DNS: the first load, and every large change, by its file;
// all others by updates. Not thread-safe.
class PrimaryZone {
 public:
  // `serial_file`: the exporter's own, where it remembers the zone's last serial.
  PrimaryZone(const Settings& settings, const std::filesystem::path& scratch_folder,
              std::filesystem::path serial_file);

  const ZoneParameters& parameters() const { return settings_.zone; }

  // As ZoneLoader has them.
  policy::Result<void> FindChecker() const { return loader_->FindChecker(); }
  policy::Result<std::string> Version() const { return loader_->Version(); }

  // To read what it holds.
  const Primary& primary() const { return primary_; }

  // Makes the zone hold `change.list`. `state` is what it held just now; null if the primary does
  // not serve it. Only if that is `change.base`, a small delta goes as updates.
  Outcome<void> Write(const Change& change, const ZoneState* state);

  // What the zone is called that is not as we last wrote it, or holds another list, and how it
  // differs: of a zone that somebody else changed, this reads all of it.
  struct Departure {
    std::string found;  // for people
    std::vector<std::string> difference;
  };
  Departure DepartureFrom(const policy::ListSnapshot& list, const ZoneState& state) const;

 private:
  Outcome<void> WriteDelta(const Change& change, const ZoneState& state);
  Outcome<void> WriteWhole(const policy::ListSnapshot& list, const ZoneState* state);

  Settings settings_;
  SerialMemory serials_;
  Primary primary_;
  std::unique_ptr<ZoneLoader> loader_;
  std::optional<Contents> contents_;
};

}  // namespace exporters::rpz
