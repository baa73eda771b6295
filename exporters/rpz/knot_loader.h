#pragma once

#include "exporters/rpz/settings.h"
#include "exporters/rpz/zone_loader.h"

namespace exporters::rpz {

// Knot DNS as the primary, configured as in deploy/knot/knot.conf: it keeps the zone in its
// journal, never writes the file, and works out what differs when it reads one.
class KnotLoader final : public ZoneLoader {
 public:
  // `settings.knot` must be there.
  KnotLoader(const Settings& settings, const std::filesystem::path& scratch_folder);

  policy::Result<std::string> Version() const override;
  policy::Result<void> FindChecker() const override;
  void Announce() const override;

 private:
  std::vector<std::string> CheckCommand(const std::filesystem::path& file) const override;
  policy::Result<void> Hold(const Primary& primary) const override;
  policy::Result<void> Reload(bool served) const override;
  std::vector<std::string> Knotc(const std::vector<std::string>& command) const;

  KnotSettings knot_;
  std::string zone_;
};

}  // namespace exporters::rpz
