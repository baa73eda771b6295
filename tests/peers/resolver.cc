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
  auto resolver = Start(software, primary, std::nullopt);
  // Unbound knows no TSIG, and turns a signed NOTIFY away.
  if (resolver) primary.Notify(*resolver, software != Software::unbound);
  return resolver;
}

std::unique_ptr<Resolver> Resolver::Reading(Software software, const DnsPrimary& upstream,
                                            const fs::path& zone_file) {
  return Start(software, upstream, zone_file);
}

std::unique_ptr<Resolver> Resolver::Start(Software software, const DnsPrimary& upstream,
                                          const std::optional<fs::path>& zone_file) {
  const auto program = Find(ProgramOf(software));
  if (!program) return nullptr;
  std::unique_ptr<Resolver> resolver(new Resolver(FreePort()));
  switch (software) {
    case Software::bind: resolver->StartBind(*program, upstream); break;
    case Software::unbound: resolver->StartUnbound(*program, upstream, zone_file); break;
    case Software::powerdns: resolver->StartPowerDns(*program, upstream, zone_file); break;
    case Software::knot: resolver->StartKnot(*program, upstream, zone_file.value()); break;
  }
  return resolver;
}

void Resolver::StartBind(const std::string& program, const DnsPrimary& upstream) {
  WriteText(folder_ / "named.conf",
            fmt::format(R"(include "{key}";
options {{
  directory "{folder}"; pid-file none; session-keyfile none;
  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
  recursion yes; dnssec-validation no;
  forward only; forwarders port {upstream} {{ 127.0.0.1; }};
  response-policy {{ zone "rpz.test"; }} min-update-interval 0 qname-wait-recurse no;
}};
controls {{ }};
zone "rpz.test" {{
  type secondary; file "rpz.test.zone";
  primaries {{ 127.0.0.1 port {upstream} key sekisho; }};
  allow-notify {{ key sekisho; }};
}};
)",
                        fmt::arg("key", upstream.key_file().string()),
                        fmt::arg("folder", folder().string()), fmt::arg("port", port()),
                        fmt::arg("upstream", upstream.port())));
  Launch({program, "-g", "-n", "2", "-c", folder_ / "named.conf"});
}

void Resolver::StartUnbound(const std::string& program, const DnsPrimary& upstream,
                            const std::optional<fs::path>& zone_file) {
  const std::string source =
      zone_file ? fmt::format("  zonefile: \"{}\"\n", zone_file->string())
                : fmt::format("  primary: 127.0.0.1@{}\n  zonefile: \"{}/rpz.test.zone\"\n",
                              upstream.port(), folder().string());
  WriteText(folder_ / "unbound.conf",
            fmt::format(R"(server:
  directory: "{folder}"
  username: ""
  chroot: ""
  pidfile: ""
  use-syslog: no
  logfile: "{folder}/server.log"
  interface: 127.0.0.1@{port}
  do-not-query-localhost: no
  local-zone: "test." nodefault
  module-config: "respip iterator"
remote-control:
  control-enable: yes
  control-use-cert: no
  control-interface: "{folder}/control"
stub-zone:
  name: "."
  stub-addr: 127.0.0.1@{upstream}
rpz:
  name: rpz.test
{source})",
                        fmt::arg("folder", folder().string()), fmt::arg("port", port()),
                        fmt::arg("upstream", upstream.port()), fmt::arg("source", source)));
  Launch({program, "-d", "-c", folder_ / "unbound.conf"});
}

void Resolver::StartPowerDns(const std::string& program, const DnsPrimary& upstream,
                             const std::optional<fs::path>& zone_file) {
  WriteText(
      folder_ / "recursor.conf",
      fmt::format("local-address=127.0.0.1\nlocal-port={}\nsocket-dir={}\n"
                  "daemon=no\nwrite-pid=no\nhint-file=no\ndnssec=off\n"
                  "forward-zones=.=127.0.0.1:{}\nlua-config-file={}\n"
                  "packetcache-ttl=0\n",
                  port(), folder().string(), upstream.port(), (folder_ / "rpz.lua").string()));
  WriteText(folder_ / "rpz.lua",
            zone_file
                ? fmt::format("rpzFile(\"{}\", {{policyName=\"rpz.test\"}})\n", zone_file->string())
                : fmt::format("rpzPrimary(\"127.0.0.1:{0}\", \"rpz.test\", {{refresh=1, "
                              "tsigname=\"sekisho\", tsigalgo=\"hmac-sha256\", "
                              "tsigsecret=\"{1}\", seedFile=\"{2}\", dumpFile=\"{2}\"}})\n",
                              upstream.port(), DnsPrimary::key_secret,
                              (folder_ / "rpz.test.zone").string()));
  Launch({program, "--config-dir=" + folder().string(), "--config-name="});
}

void Resolver::StartKnot(const std::string& program, const DnsPrimary& upstream,
                         const fs::path& zone_file) {
  WriteText(folder_ / "kresd.conf",
            fmt::format("net.listen('127.0.0.1', {}, {{ kind = 'dns' }})\n"
                        "cache.open(10 * MB, 'lmdb://{}/cache')\n"
                        "policy.add(policy.rpz(policy.DENY, '{}', true))\n"
                        "policy.add(policy.all(policy.STUB({{'127.0.0.1@{}'}})))\n",
                        port(), folder().string(), zone_file.string(), upstream.port()));
  Launch({program, "-n", "-c", folder_ / "kresd.conf"});
}

}  // namespace peers
