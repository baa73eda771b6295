#pragma once

#include "exporters/rpz/settings.h"
#include "exporters/rpz/zone_loader.h"

namespace exporters::rpz {

// BIND as the primary: `rndc freeze`, after which named refuses updates and writes out those that
// it has; the file is replaced; `rndc thaw`, which loads it and drops the journal.
//
// named writes while rndc has long returned, and renames its file over whatever is there: so the
// replacement waits until the file has the serial that is served. An exporter that dies in between
// leaves a zone that is frozen but served; the next Load goes on from there.
class NamedLoader final : public ZoneLoader {
 public:
  NamedLoader(const Settings& settings, const std::filesystem::path& scratch_folder);

  policy::Result<std::string> Version() const override;
  policy::Result<void> FindChecker() const override;

 private:
  std::vector<std::string> CheckCommand(const std::filesystem::path& file) const override;
  policy::Result<void> Hold(const Primary& primary) const override;
  policy::Result<void> Reload(bool served) const override;
  policy::Result<platform::ProcessOutput> Rndc(std::vector<std::string> command) const;

  Settings settings_;
};

}  // namespace exporters::rpz
