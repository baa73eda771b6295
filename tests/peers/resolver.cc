#include "tests/peers/resolver.h"

#include <fmt/format.h>

#include <stdexcept>

#include "tests/peers/peers.h"

namespace peers {
namespace {

namespace fs = std::filesystem;
using Software = Resolver::Software;

const char* ProgramOf(Software software) {
  switch (software) {
    case Software::bind: return "named";
    case Software::unbound: return "unbound";
    case Software::powerdns: return "pdns_recursor";
    case Software::knot: return "kresd";
  }
  throw std::logic_error("no such software");
}

}  // namespace

std::unique_ptr<Resolver> Resolver::Following(Software software, DnsPrimary& primary) {
  auto resolver = Start(software, {&primary, nullptr, {}, {}});
  // Unbound knows no TSIG, and turns a signed NOTIFY away.
  if (resolver) primary.Notify(*resolver, software != Software::unbound);
  return resolver;
}

std::unique_ptr<Resolver> Resolver::FollowingByTls(Named& primary) {
  primary.TransferByTls();
  auto resolver = Start(Software::bind, {&primary, &primary, {}, {}});
  if (resolver) primary.Notify(*resolver, true);
  return resolver;
}

std::unique_ptr<Resolver> Resolver::Reading(Software software, const DnsPrimary& upstream,
                                            const fs::path& zone_file) {
  return Start(software, {&upstream, nullptr, {}, {{"rpz.test", zone_file}}});
}

std::unique_ptr<Resolver> Resolver::Iterating(Software software, const fs::path& root_hints,
                                              const std::vector<PolicyZone>& zones) {
  return Start(software, {nullptr, nullptr, root_hints, zones});
}

std::unique_ptr<Resolver> Resolver::Start(Software software, const Setup& setup) {
  const auto program = Find(ProgramOf(software));
  if (!program) return nullptr;
  std::unique_ptr<Resolver> resolver(new Resolver(FreePort()));
  switch (software) {
    case Software::bind: resolver->StartBind(*program, setup); break;
    case Software::unbound: resolver->StartUnbound(*program, setup); break;
    case Software::powerdns: resolver->StartPowerDns(*program, setup); break;
    case Software::knot: resolver->StartKnot(*program, setup); break;
  }
  return resolver;
}

void Resolver::StartBind(const std::string& program, const Setup& setup) {
  std::string head;
  std::string zones;
  std::string policy;
  for (const PolicyZone& zone : setup.zones) {
    policy += fmt::format("zone \"{}\"; ", zone.name);
    zones += fmt::format("zone \"{}\" {{ type primary; file \"{}\"; }};\n", zone.name,
                         zone.file.string());
  }
  if (setup.zones.empty()) {
    const DnsPrimary& primary = *setup.upstream;
    head = fmt::format("include \"{}\";\n", primary.key_file().string());
    std::uint16_t transfer_port = primary.port();
    const char* by_tls = "";
    if (setup.tls != nullptr) {
      transfer_port = setup.tls->tls_port();
      by_tls = " tls primary";
      head += fmt::format("tls primary {{ ca-file \"{}\"; remote-hostname \"primary.test\"; }};\n",
                          setup.tls->certificate().string());
    }
    for (const std::string& name : primary.policy_zones()) {
      policy += fmt::format("zone \"{}\"; ", name);
      zones += fmt::format(R"(zone "{0}" {{
  type secondary; file "{0}.zone";
  primaries {{ 127.0.0.1 port {1} key sekisho{2}; }};
  allow-notify {{ key sekisho; }};
}};
)",
                           name, transfer_port, by_tls);
    }
  }
  std::string lookup;
  if (setup.upstream != nullptr) {
    lookup = fmt::format("  forward only; forwarders port {} {{ 127.0.0.1; }};\n",
                         setup.upstream->port());
  } else {
    zones += fmt::format("zone \".\" {{ type hint; file \"{}\"; }};\n", setup.root_hints.string());
  }
  WriteText(folder_ / "named.conf",
            fmt::format(R"({head}options {{
  directory "{folder}"; managed-keys-directory "{folder}"; pid-file none; session-keyfile none;
  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
  recursion yes; allow-recursion {{ any; }}; dnssec-validation no; notify no;
{lookup}  response-policy {{ {policy}}} min-update-interval 0 qname-wait-recurse no;
}};
controls {{ }};
{zones})",
                        fmt::arg("head", head), fmt::arg("folder", folder().string()),
                        fmt::arg("port", port()), fmt::arg("lookup", lookup),
                        fmt::arg("policy", policy), fmt::arg("zones", zones)));
  Launch({program, "-g", "-n", "2", "-c", folder_ / "named.conf"});
}

void Resolver::StartUnbound(const std::string& program, const Setup& setup) {
  std::string zones;
  for (const PolicyZone& zone : setup.zones) {
    zones += fmt::format("rpz:\n  name: {}\n  zonefile: \"{}\"\n", zone.name, zone.file.string());
  }
  if (setup.zones.empty()) {
    for (const std::string& name : setup.upstream->policy_zones()) {
      zones += fmt::format("rpz:\n  name: {}\n  primary: 127.0.0.1@{}\n  zonefile: \"{}\"\n", name,
                           setup.upstream->port(), (folder_ / (name + ".zone")).string());
    }
  }
  const std::string hints = setup.upstream != nullptr
                                ? ""
                                : fmt::format("  root-hints: \"{}\"\n", setup.root_hints.string());
  const std::string stub =
      setup.upstream != nullptr
          ? fmt::format("stub-zone:\n  name: \".\"\n  stub-addr: 127.0.0.1@{}\n",
                        setup.upstream->port())
          : "";
  WriteText(
      folder_ / "unbound.conf",
      fmt::format(R"(server:
  directory: "{folder}"
  username: ""
  chroot: ""
  pidfile: ""
  num-threads: 2
  use-syslog: no
  logfile: "{folder}/server.log"
  interface: 127.0.0.1@{port}
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  local-zone: "test." nodefault
  module-config: "respip iterator"
{hints}remote-control:
  control-enable: yes
  control-use-cert: no
  control-interface: "{folder}/control"
{stub}{zones})",
                  fmt::arg("folder", folder().string()), fmt::arg("port", port()),
                  fmt::arg("hints", hints), fmt::arg("stub", stub), fmt::arg("zones", zones)));
  Launch({program, "-d", "-c", folder_ / "unbound.conf"});
}

void Resolver::StartPowerDns(const std::string& program, const Setup& setup) {
  const std::string lookup =
      setup.upstream != nullptr
          ? fmt::format("hint-file=no\nforward-zones=.=127.0.0.1:{}\n", setup.upstream->port())
          : fmt::format("hint-file={}\ndont-query=\n", setup.root_hints.string());
  WriteText(folder_ / "recursor.conf",
            fmt::format("local-address=127.0.0.1\nlocal-port={}\nsocket-dir={}\n"
                        "daemon=no\nwrite-pid=no\ndnssec=off\n{}lua-config-file={}\n"
                        "packetcache-ttl=0\n",
                        port(), folder().string(), lookup, (folder_ / "rpz.lua").string()));
  std::string zones;
  for (const PolicyZone& zone : setup.zones) {
    zones += fmt::format("rpzFile(\"{}\", {{policyName=\"{}\"}})\n", zone.file.string(), zone.name);
  }
  if (setup.zones.empty()) {
    for (const std::string& name : setup.upstream->policy_zones()) {
      zones += fmt::format(
          "rpzPrimary(\"127.0.0.1:{0}\", \"{3}\", {{refresh=1, tsigname=\"sekisho\", "
          "tsigalgo=\"hmac-sha256\", tsigsecret=\"{1}\", seedFile=\"{2}\", dumpFile=\"{2}\"}})\n",
          setup.upstream->port(), DnsPrimary::key_secret, (folder_ / (name + ".zone")).string(),
          name);
    }
  }
  WriteText(folder_ / "rpz.lua", zones);
  Launch({program, "--config-dir=" + folder().string(), "--config-name="});
}

void Resolver::StartKnot(const std::string& program, const Setup& setup) {
  std::string text = fmt::format(
      "net.listen('127.0.0.1', {}, {{ kind = 'dns' }})\ncache.open(10 * MB, 'lmdb://{}/cache')\n",
      port(), folder().string());
  for (const PolicyZone& zone : setup.zones) {
    text += fmt::format("policy.add(policy.rpz(policy.DENY, '{}', true))\n", zone.file.string());
  }
  if (setup.upstream != nullptr) {
    text += fmt::format("policy.add(policy.all(policy.STUB({{'127.0.0.1@{}'}})))\n",
                        setup.upstream->port());
  } else {
    text +=
        fmt::format("modules = {{ 'hints' }}\nhints.root_file('{}')\ntrust_anchors.remove('.')\n",
                    setup.root_hints.string());
  }
  WriteText(folder_ / "kresd.conf", text);
  Launch({program, "-n", "-c", folder_ / "kresd.conf"});
}

}  // namespace peers
