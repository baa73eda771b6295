#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "tests/peers/dns_server.h"

namespace peers {

// A real resolver of the test's own that enforces "rpz.test" and asks `upstream` for all else. Its
// configuration is that of the device's page under docs/devices.
class Resolver : public DnsServer {
 public:
  enum class Software { bind, unbound, powerdns, knot };

  // As a secondary of `primary`, by TSIG where the software can; Knot Resolver can't be one. Null
  // if the program is not on this machine: the test should then skip. Throws if it won't start.
  static std::unique_ptr<Resolver> Following(Software software, DnsPrimary& primary);

  // Reads the zone from `zone_file`, which must exist.
  static std::unique_ptr<Resolver> Reading(Software software, const DnsPrimary& upstream,
                                           const std::filesystem::path& zone_file);

 private:
  explicit Resolver(std::uint16_t port) : DnsServer(port) {}
  static std::unique_ptr<Resolver> Start(Software software, const DnsPrimary& upstream,
                                         const std::optional<std::filesystem::path>& zone_file);
  void StartBind(const std::string& program, const DnsPrimary& upstream);
  void StartUnbound(const std::string& program, const DnsPrimary& upstream,
                    const std::optional<std::filesystem::path>& zone_file);
  void StartPowerDns(const std::string& program, const DnsPrimary& upstream,
                     const std::optional<std::filesystem::path>& zone_file);
  void StartKnot(const std::string& program, const DnsPrimary& upstream,
                 const std::filesystem::path& zone_file);
};

}  // namespace peers
