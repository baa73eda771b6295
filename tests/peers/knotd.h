#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/peers/dns_server.h"

namespace peers {

// A real Knot DNS of the test's own with the configuration that we ship (deploy/knot/knot.conf) but
// for paths, ports and the key: primary of "rpz.test", or of that in several parts, which it reads
// from files, and of the root zone of a Named.
class Knotd : public DnsPrimary {
 public:
  // Null if there is no Knot DNS on this machine: the test should then skip. `root_zone` must
  // exist. The policy zones are empty; `zone_file` is as the exporter's settings name it.
  static std::unique_ptr<Knotd> Start(const std::filesystem::path& zone_file,
                                      const std::filesystem::path& root_zone,
                                      std::size_t parts = 1);

  // Settings for the exporter `rpz`, as YAML. `more` is appended.
  std::string ExporterSettings(const std::string& more,
                               const std::vector<std::string>& resolvers) const;

  void Notify(const DnsServer& secondary, bool with_key) override;

  // What has it read the zone's file; also as a list for YAML.
  std::vector<std::string> Reload() const;
  std::string ReloadCommand() const;

 private:
  Knotd(std::filesystem::path zone_file, std::filesystem::path root_zone, std::size_t parts);
  std::filesystem::path FileOf(const std::string& policy_zone) const;
  void WriteConfiguration() const;

  std::filesystem::path zone_file_;
  std::filesystem::path root_zone_;
  std::string remotes_;
  std::string notified_;
};

}  // namespace peers
