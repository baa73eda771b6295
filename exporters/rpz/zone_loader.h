#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "exporters/exporter.h"
#include "exporters/rpz/primary.h"
#include "exporters/rpz/settings.h"

namespace exporters::rpz {

// Gives the primary a whole zone by its master file. While named serves the old zone from memory:
//
//   named-checkzone on a scratch copy; rndc freeze, after which named refuses updates and writes
//   out those that it has; the file is replaced by rename; rndc thaw, which loads it and drops the
//   journal.
//
// named writes while rndc has long returned, and renames its file over whatever is there: so the
// replacement waits until the file has the serial that is served.
//
// If named does not serve the new serial then, the old file comes back and is loaded again, so
// that a restart of named would not start without rules. An exporter that dies in between leaves a
// zone that is frozen but served; the next Load goes on from there. Not thread-safe.
class ZoneLoader {
 public:
  ZoneLoader(const Settings& settings, const std::filesystem::path& scratch_folder);

  // "BIND 9.18.49-1~deb12u3-Debian (Extended Support Version)"; `unavailable` if named doesn't run.
  policy::Result<std::string> Version() const;
  // Whether named-checkzone can be run at all.
  policy::Result<void> FindChecker() const;

  // `served` says whether the primary serves the zone now; if not, there is nothing to freeze.
  Outcome<void> Load(const std::string& bytes, std::uint32_t serial, bool served,
                     const Primary& primary) const;

 private:
  policy::Result<void> Check(const std::string& bytes) const;
  policy::Result<void> Rndc(std::string_view command) const;
  // Returns once named has written the zone out.
  policy::Result<void> Freeze(const Primary& primary) const;
  Outcome<void> Replace(const std::string& bytes, std::uint32_t serial, bool served,
                        const Primary& primary) const;
  bool BecomesServed(std::uint32_t serial, const Primary& primary) const;
  Failure TakeBack(bool served) const;

  Settings settings_;
  std::filesystem::path scratch_;
  std::filesystem::path previous_;
};

}  // namespace exporters::rpz
