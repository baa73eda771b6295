#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/peers/dns_server.h"
#include "tests/peers/named.h"

namespace peers {

// A response policy zone that a resolver reads from a file.
struct PolicyZone {
  std::string name;
  std::filesystem::path file;
};

// A real resolver of the test's own that enforces its primary's policy zones, or those it is given,
// and asks `upstream` for all else. Its configuration is that of the device's page under
// docs/devices.
class Resolver : public DnsServer {
 public:
  enum class Software { bind, unbound, powerdns, knot };
  static constexpr std::array all{Software::bind, Software::unbound, Software::powerdns,
                                  Software::knot};

  // As a secondary of `primary`, by TSIG where the software can; Knot Resolver can't be one. Null
  // if the program is not on this machine: the test should then skip. Throws if it won't start.
  static std::unique_ptr<Resolver> Following(Software software, DnsPrimary& primary);

  // A BIND that takes the zone by TLS alone, and only from who has the primary's certificate.
  static std::unique_ptr<Resolver> FollowingByTls(Named& primary);

  // Reads the zone from `zone_file`, which must exist.
  static std::unique_ptr<Resolver> Reading(Software software, const DnsPrimary& upstream,
                                           const std::filesystem::path& zone_file);

  // Looks names up from the root on. The first zone comes first.
  static std::unique_ptr<Resolver> Iterating(Software software,
                                             const std::filesystem::path& root_hints,
                                             const std::vector<PolicyZone>& zones);

 private:
  // Whom it asks, and where its zones come from: files, or `upstream` if there are none.
  struct Setup {
    const DnsPrimary* upstream = nullptr;
    const Named* tls = nullptr;  // likewise, with TLS
    std::filesystem::path root_hints;
    std::vector<PolicyZone> zones;
  };

  explicit Resolver(std::uint16_t port) : DnsServer(port) {}
  static std::unique_ptr<Resolver> Start(Software software, const Setup& setup);
  void StartBind(const std::string& program, const Setup& setup);
  void StartUnbound(const std::string& program, const Setup& setup);
  void StartPowerDns(const std::string& program, const Setup& setup);
  void StartKnot(const std::string& program, const Setup& setup);
};

}  // namespace peers
