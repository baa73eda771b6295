#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "platform/certificate.h"
#include "policy/indicator.h"
#include "tests/e2e/feed_server.h"
#include "tests/e2e/process.h"
#include "tests/peers/crowdsec.h"
#include "tests/peers/haproxy.h"
#include "tests/peers/named.h"
#include "tests/peers/netns.h"
#include "tests/peers/resolver.h"
#include "tests/peers/squid.h"
#include "tests/platform/temporary_folder.h"

namespace e2e {

// Asks again and again until it is so; false if it isn't in that time.
bool Eventually(const std::function<bool()>& is_so,
                std::chrono::seconds patience = std::chrono::minutes(1));

struct SiteOptions {
  std::string policy = "{version: \"1\", confidence_min: 50}";
  std::string queue = "{}";
  std::string brake = "{}";
  std::string on_drift = "restore";
  std::string read_back_every = "2s";
  std::string squid_names_in = "squid";  // or "helper"
  std::string accounts = "{}";
  std::filesystem::path web_root;  // of the built page; empty: no web page
  std::string oidc;                // a YAML flow map; empty: no single sign-on
  std::string traffic;             // likewise; empty: no log of our own traffic
  std::string notifications;       // the same; empty: nobody is told of anything
  std::string vendor_blocks;       // a name that another policy zone of BIND blocks; empty: no such
  std::filesystem::path data;      // of an agent that ended, to go on from; empty: nothing yet
  std::set<std::string> devices;   // none but these; empty: all but `bouncer`
  std::size_t dns_zones = 1;       // that `dns` keeps its list in
  // Follows BIND, and blocks in its stead as `dns`.
  std::optional<peers::Resolver::Software> secondary;
  std::chrono::seconds patience{60};  // for commands, and for devices to become current
};

// A whole installation on loopback and in a temporary folder: the agent, one exporter process for
// each device, and the devices, all of them the real programs:
//
//   dns       BIND, which blocks domains
//   proxy     Squid, which blocks domains, addresses and http URLs; it reaches nothing by itself
//   edge      HAProxy, which blocks requests for domains
//   firewall  nftables in a network namespace of its own, which blocks addresses
//   lists     lists over HTTPS
//   bouncer   CrowdSec's custom bouncer, which is to block addresses; it asks every 10 ms
//   dns-allow the same BIND, with the allowlist's zone before the others; for `vendor_blocks` only
//
// A device whose program or right is missing on this machine is left out, and `missing` says why.
// Alice and bob approve, carol observes, audit reads, dora is admin. What goes wrong in setting up
// is thrown as a runtime_error. Everything ends with the object.
class Site {
 public:
  static constexpr peers::CustomBouncer::Options bouncer_options{
      .by_stdin = true, .asks_every = std::chrono::milliseconds(10)};

  explicit Site(SiteOptions options = {});
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;
  ~Site();

  // Before Start. `more` is YAML of a flow map, ", key: value".
  void AddFeed(const std::string& name, const std::string& format, std::string body,
               const std::string& more = "");
  void AddPushFeed(const std::string& name, const std::string& more = "");
  void AddAllowlist(const std::string& name, const std::string& format, std::string body,
                    const std::string& category, const std::string& effect);

  // Starts all of it. Returns once the agent has taken in every feed and allowlist, and every
  // device has proved the first release.
  void Start();
  // Has the authority issue the agent another certificate, as for a renewal.
  void RenewCertificate();
  // Has the authority take an exporter's certificate back.
  void Revoke(const std::string& device);
  // Starts the agent; returns once it answers. Throws if it ends instead.
  void StartAgent();

  FeedServer& web() { return web_; }
  Daemon& agent() { return *agent_; }
  Daemon& exporter(const std::string& device) { return exporters_.at(device); }
  peers::Haproxy& haproxy() { return *haproxy_; }
  peers::Named& named() { return *named_; }
  const peers::NetworkPair* network_pair() const { return network_.get(); }  // null without
  const std::set<std::string>& devices() const { return devices_; }
  const std::string& missing() const { return missing_; }
  std::filesystem::path data() const { return folder_ / "data"; }
  std::filesystem::path agent_config() const { return folder_ / "agent.yaml"; }
  std::filesystem::path store_file() const { return folder_ / "data/sekisho.db"; }
  std::filesystem::path haproxy_maps() const { return folder_ / "haproxy/maps"; }
  std::filesystem::path squid_lists() const { return folder_ / "squid-lists/current"; }
  std::string history_key() const;
  std::string grpc_url() const;
  std::filesystem::path ca_file() const { return folder_ / "tls/ca.pem"; }
  std::filesystem::path token_file(const std::string& person) const {
    return folder_ / (person + ".token");
  }
  std::string web_url() const;
  // The link that makes somebody the first admin.
  std::string first_admin_link() const;

  // Runs `sekisho` with these words, as a person.
  CommandOutput Run(const std::vector<std::string>& words, const std::string& person = "alice");
  RunningCommand Begin(const std::vector<std::string>& words, const std::string& person = "alice");
  CommandOutput VerifyHistory();

  // Lets an address be reached in the firewall's Internet.
  void Route(const std::string& address);

  // The devices that really block a target now, found out as a user would: by asking for it. A
  // target is a line of a list: "domain evil.example", "ip 192.0.2.1/32", "url http://a/b".
  std::set<std::string> Blocking(const std::string& line);
  bool Blocks(const std::string& device, const std::string& line);
  // Those that should, once it is approved.
  std::set<std::string> Blockers(const std::string& line) const;
  bool BlockedEverywhere(const std::string& line) { return Blocking(line) == Blockers(line); }

  // Whether every device proves the list in force in time.
  bool DevicesBecomeCurrent();
  // The lines of a list of the newest release, and the digest that the release has for it.
  std::vector<std::string> Lines(const std::string& list);
  std::string Digest(const std::string& list);
  // What `lists` serves; empty if it serves nothing of that name.
  std::string Download(const std::string& file);

  std::string Logs() const;

 private:
  void MakeCertificates();
  void Issue(const std::string& name, platform::CertificateRequest request);
  void MakeDevices();
  void MakeResolvers();
  void MakeSquid();
  void WriteAgentConfig();
  bool IsWanted(const std::string& device) const;
  std::string ResolverSettings() const;
  void StartBouncer();
  void AddExporter(const std::string& device, const std::string& row, const std::string& settings);
  std::string Token(const std::string& person);
  std::vector<std::string> Command(const std::vector<std::string>& words,
                                   const std::string& person) const;

  SiteOptions options_;
  platform::testing::TemporaryFolder folder_;
  platform::CertificateAndKey ca_;
  FeedServer web_;
  std::string feeds_;
  std::string allowlists_;
  std::uint16_t agent_port_;
  std::uint16_t lists_port_;
  std::uint16_t web_port_;
  std::uint16_t bouncer_port_;
  std::set<std::string> devices_;
  std::string missing_;
  std::unique_ptr<peers::Haproxy> haproxy_;
  std::unique_ptr<peers::Named> named_;
  std::unique_ptr<peers::Resolver> secondary_;
  std::unique_ptr<peers::Squid> squid_;
  std::unique_ptr<peers::NetworkPair> network_;
  std::unique_ptr<Daemon> agent_;
  std::map<std::string, Daemon> exporters_;  // end before the devices
  std::unique_ptr<peers::CustomBouncer> bouncer_;
  int commands_ = 0;
};

}  // namespace e2e
