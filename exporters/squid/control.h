#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "exporters/squid/settings.h"
#include "policy/result.h"

namespace exporters::squid {

// Runs the squid program. Never signals Squid itself: a plain SIGHUP with a broken file ends Squid
// 5, while `squid -k reconfigure` reads the whole configuration first and refuses.
class Control {
 public:
  explicit Control(const Settings& settings) : settings_(settings) {}

  policy::Result<std::string> Version() const;  // "Squid 5.7"

  // Has Squid parse the ACL files of `generation` in a scratch configuration. Changes nothing.
  policy::Result<void> Check(const std::filesystem::path& generation) const;

  // Asks our helper about the requests of `generation`: it has to block `marker` and not `control`.
  // Squid 5's own parser does not look at helpers, and a helper that can't run ends Squid within
  // seconds ("helpers are crashing too rapidly"). Says, too, if another user than ours, as Squid
  // is, couldn't reach the helper or the files: that ends Squid as well.
  policy::Result<void> CheckHelper(const std::filesystem::path& generation,
                                   const std::string& marker, const std::string& control) const;

  // Returns once Squid was told; it then takes its time to reread.
  policy::Result<void> Reconfigure() const;

 private:
  policy::Result<std::string> Run(std::vector<std::string> arguments,
                                  std::chrono::seconds timeout) const;
  Settings settings_;
};

}  // namespace exporters::squid
