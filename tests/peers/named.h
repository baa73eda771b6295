#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/peers/dns_server.h"

namespace peers {

// A real BIND of the test's own: primary of the dynamic zone "rpz.test", or of that in several
// parts, and the resolver that enforces it. It needs no Internet, since it is the root as well:
// every name has the address 198.51.100.9, but
//   v4.answer.test, v6.answer.test   have 192.0.2.1 and 2001:db8::1, for triggers on addresses.
class Named : public DnsPrimary {
 public:
  // `primary_only` answers as if there were no policy: what other resolvers forward to.
  enum class Role { primary_and_resolver, primary_only };

  // Null if there is no BIND on this machine: the test should then skip. Throws if it won't start.
  static std::unique_ptr<Named> Start(Role role = Role::primary_and_resolver,
                                      std::size_t parts = 1);
  static constexpr const char* zone = "rpz.test";

  // As the exporter's settings name it.
  std::filesystem::path zone_file() const { return folder_ / "rpz.test.zone"; }
  std::filesystem::path root_zone() const { return folder_ / "root.zone"; }

  // Settings for the RPZ exporter, as YAML. `more` is appended. `resolvers`: their addresses,
  // instead of its own.
  std::string ExporterSettings(const std::string& more = "",
                               const std::vector<std::string>& resolvers = {}) const;

  // From now on asks two more zones: before its own "allow.test", the allowlist's, dynamic like its
  // own; after it "vendor.test", somebody else's, which blocks `blocked` and all below.
  void AddPolicyZones(const std::string& blocked);
  std::string AllowZoneSettings() const;  // as ExporterSettings

  void Notify(const DnsServer& secondary, bool with_key) override;

  // From now on gives the zone away by TLS alone (RFC 9103).
  void TransferByTls();
  std::uint16_t tls_port() const { return tls_port_; }
  // Its own, for "primary.test".
  std::filesystem::path certificate() const { return folder_ / "primary.pem"; }

  // nsupdate's commands for one of its zones, signed; whether the server took them.
  bool Update(const std::string& commands, const std::string& updated_zone = zone) const;
  std::string Rndc() const;  // the program and its arguments but the command, for a shell

 private:
  Named(std::uint16_t port, std::uint16_t control_port, Role role, std::size_t parts)
      : DnsPrimary(port, parts), control_port_(control_port), role_(role) {}
  void WriteZones() const;
  void WriteConfiguration() const;
  void Reconfigure() const;

  std::uint16_t control_port_;
  Role role_;
  std::string also_notify_;
  bool has_policy_zones_ = false;
  std::uint16_t tls_port_ = 0;  // 0: in the clear
};

}  // namespace peers
