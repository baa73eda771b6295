#include "tests/peers/named.h"

#include <fmt/format.h>

#include <stdexcept>

#include "tests/peers/peers.h"

namespace peers {
namespace {

constexpr const char* empty_zone =
    "$TTL 60\n@ SOA localhost. hostmaster.localhost. 1 60 30 3024000 60\n@ NS localhost.\n";

}  // namespace

std::unique_ptr<Named> Named::Start(Role role, std::size_t parts) {
  const auto program = Find("named");
  if (!program) return nullptr;
  // Another process may take a free port first: then the next try gets others.
  for (int attempt = 0;; ++attempt) {
    std::unique_ptr<Named> named(new Named(FreePort(), FreePort(), role, parts));
    named->WriteZones();
    named->WriteConfiguration();
    try {
      named->Launch({program->string(), "-f", "-n", "2", "-c", named->folder_ / "named.conf"});
      return named;
    } catch (const std::runtime_error&) {
      if (attempt == 2) throw;
    }
  }
}

void Named::WriteZones() const {
  for (const std::string& name : policy_zones()) WriteText(folder_ / (name + ".zone"), empty_zone);
  WriteText(root_zone(),
            "$TTL 60\n. SOA ns. ns. 1 60 60 60 60\n. NS ns.\nns. A 127.0.0.1\n* A 198.51.100.9\n"
            "v4.answer.test. A 192.0.2.1\nv6.answer.test. AAAA 2001:db8::1\n"
            // Wildcards end where other names begin (RFC 4592).
            "*.test. A 198.51.100.9\n");
}

void Named::WriteConfiguration() const {
  std::string tls;
  std::string listen_tls;
  std::string transfer = "allow-transfer { key sekisho; 127.0.0.1; };";
  if (tls_port_ != 0) {
    tls = fmt::format("tls transfers {{ key-file \"{}\"; cert-file \"{}\"; }};\n",
                      (folder_ / "primary.key").string(), certificate().string());
    listen_tls = fmt::format("  listen-on port {} tls transfers {{ 127.0.0.1; }};\n", tls_port_);
    transfer = fmt::format("allow-transfer port {} transport tls {{ key sekisho; }};", tls_port_);
  }
  std::string policy;
  std::string zones;
  for (const std::string& name : policy_zones()) {
    policy += fmt::format("zone \"{}\"; ", name);
    zones += fmt::format(
        "zone \"{0}\" {{\n  type primary; file \"{0}.zone\";\n"
        "  update-policy {{ grant sekisho zonesub ANY; }};\n  {1}\n"
        "  notify explicit; also-notify {{ {2} }};\n}};\n",
        name, transfer, also_notify_);
  }
  if (has_policy_zones_) {
    policy = "zone \"allow.test\"; " + policy + "zone \"vendor.test\"; ";
    zones +=
        "zone \"allow.test\" { type primary; file \"allow.test.zone\";\n"
        "  update-policy { grant sekisho zonesub ANY; }; allow-transfer { key sekisho; }; };\n"
        "zone \"vendor.test\" { type primary; file \"vendor.test.zone\"; };\n";
  }
  policy = "  response-policy { " + policy + "} min-update-interval 0 qname-wait-recurse no;\n";
  WriteText(
      folder_ / "named.conf",
      fmt::format(R"(include "{key}";
{tls}controls {{ inet 127.0.0.1 port {control_port} allow {{ 127.0.0.1; }} keys {{ sekisho; }}; }};
options {{
  directory "{folder}";
  pid-file none; session-keyfile none;
  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
{listen_tls}  recursion yes; dnssec-validation no; notify no; notify-delay 0; notify-rate 1000; ixfr-from-differences no;
{policy}}};
zone "." {{ type primary; file "root.zone"; }};
{zones}logging {{
  channel log {{ file "server.log"; severity info; print-category yes; }};
  category default {{ log; }}; category rpz {{ log; }}; category rpz-passthru {{ log; }};
}};
)",
                  fmt::arg("key", key_file().string()), fmt::arg("control_port", control_port_),
                  fmt::arg("folder", folder().string()), fmt::arg("port", port()),
                  fmt::arg("policy", role_ == Role::primary_only ? "" : policy),
                  fmt::arg("zones", zones), fmt::arg("tls", tls),
                  fmt::arg("listen_tls", listen_tls)));
}

std::string Named::ExporterSettings(const std::string& more,
                                    const std::vector<std::string>& resolvers) const {
  std::string asked;
  for (const std::string& one : resolvers) asked += "\n  - " + one;
  return "zone: rpz.test\nparts: " + std::to_string(policy_zones().size()) +
         "\nprimary: " + address() +
         "\nresolvers:" + (asked.empty() ? " [" + address() + "]" : asked) +
         "\nzone_file: " + zone_file().string() + "\ntsig_key_file: " + key_file().string() +
         "\nnamed_checkzone: " + RequirePeer("named-checkzone") +
         "\nrndc:\n  program: " + RequirePeer("rndc") +
         "\n  address: 127.0.0.1:" + std::to_string(control_port_) + "\n" + more;
}

void Named::AddPolicyZones(const std::string& blocked) {
  WriteText(folder_ / "allow.test.zone", empty_zone);
  WriteText(folder_ / "vendor.test.zone",
            fmt::format("{}{} CNAME .\n*.{} CNAME .\n", empty_zone, blocked, blocked));
  has_policy_zones_ = true;
  Reconfigure();
  // named loads them after rndc has long returned, and meanwhile answers for no zone at times.
  for (const std::string name : {"allow.test", "vendor.test"}) {
    for (int attempt = 0; Short(name, "SOA").empty(); ++attempt) {
      if (attempt == 100) throw std::runtime_error("named does not load " + name + ": " + Log());
    }
  }
}

std::string Named::AllowZoneSettings() const {
  std::string settings = ExporterSettings("action: passthru\n");
  const std::string from = zone;
  for (std::size_t at = settings.find(from); at != settings.npos; at = settings.find(from, at)) {
    settings.replace(at, from.size(), "allow.test");
  }
  return settings;
}

void Named::Notify(const DnsServer& secondary, bool with_key) {
  also_notify_ +=
      fmt::format("127.0.0.1 port {}{}; ", secondary.port(), with_key ? " key sekisho" : "");
  Reconfigure();
}

void Named::TransferByTls() {
  const auto made = platform::Run({"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                                   "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
                                   "/CN=primary.test", "-addext", "subjectAltName=DNS:primary.test",
                                   "-keyout", folder_ / "primary.key", "-out", certificate()},
                                  {});
  if (!made || made->exit_code != 0) throw std::runtime_error("openssl req failed");
  tls_port_ = FreePort();
  Reconfigure();
}

void Named::Reconfigure() const {
  WriteConfiguration();
  const auto output = platform::Run({RequirePeer("rndc"), "-k", key_file().string(), "-s",
                                     "127.0.0.1", "-p", std::to_string(control_port_), "reconfig"},
                                    {});
  if (!output || output->exit_code != 0) throw std::runtime_error("rndc reconfig: " + Log());
}

bool Named::Update(const std::string& commands, const std::string& updated_zone) const {
  platform::RunOptions options;
  options.input = "server 127.0.0.1 " + std::to_string(port()) + "\nzone " + updated_zone + "\n" +
                  commands + "\nsend\n";
  const auto output = platform::Run({RequirePeer("nsupdate"), "-k", key_file().string()}, options);
  return output && output->exit_code == 0;
}

std::string Named::Rndc() const {
  return RequirePeer("rndc") + " -k " + key_file().string() + " -s 127.0.0.1 -p " +
         std::to_string(control_port_);
}

}  // namespace peers
