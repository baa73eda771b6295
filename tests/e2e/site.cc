#include "tests/e2e/site.h"

#include <sys/stat.h>

#include <chrono>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "platform/atomic_file.h"
#include "platform/certificate.h"
#include "platform/clock.h"
#include "platform/encoding.h"
#include "platform/http_client.h"
#include "platform/tls.h"
#include "policy/digest.h"
#include "tests/peers/peers.h"
#include "tests/platform/crl_for_test.h"

namespace e2e {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds between_looks{50};
constexpr const char* bouncer_key = "the-key-of-the-bouncer";

template <class T>
T Must(policy::Result<T> result) {
  if (!result) throw std::runtime_error(result.error().detail);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

void Write(const fs::path& path, const std::string& text, mode_t mode = 0644) {
  Must(platform::WriteFileAtomically(path, text, mode));
}

// Of all the site's certificates.
platform::Validity Valid() {
  const auto now = platform::SystemClock().Now();
  return {now - std::chrono::hours(1), now + std::chrono::days(30)};
}

std::string Loopback(std::uint16_t port) {
  return "127.0.0.1:" + std::to_string(port);
}

std::string Indent(const std::string& text) {
  std::istringstream lines(text);
  std::string indented;
  for (std::string line; std::getline(lines, line);) indented += "      " + line + "\n";
  return indented;
}

bool HasLine(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

// "ip 192.0.2.1/32" in two.
struct Target {
  explicit Target(const std::string& line)
      : kind(line.substr(0, line.find(' '))), text(line.substr(line.find(' ') + 1)) {}
  std::string address() const { return text.substr(0, text.find('/')); }
  bool is_single_address() const { return text.ends_with("/32") || text.ends_with("/128"); }
  std::string kind;
  std::string text;
};

}  // namespace

bool Eventually(const std::function<bool()>& is_so, std::chrono::seconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    if (is_so()) return true;
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(between_looks);
  }
}

Site::Site(SiteOptions options)

    : options_(std::move(options)),
      agent_port_(peers::FreePort()),
      lists_port_(peers::FreePort()),
      web_port_(peers::FreePort()),
      bouncer_port_(peers::FreePort()) {
  // Squid gives up root for a user of its own, which has to come by.
  chmod(folder_.path().c_str(), 0755);
  for (const char* name : {"data", "tls", "squid", "haproxy", "bouncer"})
    fs::create_directory(folder_ / name);
  fs::permissions(data(), fs::perms::owner_all);
  // An operator may bring the key along; so exporters can be set up before the agent first runs.
  const fs::path key_file = data() / "list.key";
  if (options_.data.empty()) {
    Write(key_file, Must(Must(platform::SigningKey::Generate()).ToPem()), 0600);
  } else {
    fs::copy(options_.data, data(), fs::copy_options::recursive);
  }
  const auto key = Must(platform::SigningKey::FromPem(Must(platform::ReadFile(key_file, 4096))));
  Write(folder_ / "list.pub", platform::ToHex(key.public_key()) + "\n");
  MakeDevices();
  MakeCertificates();
}

Site::~Site() {
  for (auto& [device, daemon] : exporters_) daemon.Stop();
  if (agent_) agent_->Stop();
}

bool Site::IsWanted(const std::string& device) const {
  if (options_.devices.empty()) return device != "bouncer";
  return options_.devices.contains(device);
}

void Site::MakeDevices() {
  if (IsWanted("lists")) devices_.insert("lists");
  if (IsWanted("dns")) MakeResolvers();
  if (IsWanted("proxy")) MakeSquid();
  if (IsWanted("edge")) {
    if (auto haproxy = peers::Haproxy::Make(folder_ / "haproxy", haproxy_maps())) {
      haproxy_ = std::move(*haproxy);
      devices_.insert("edge");
    } else {
      missing_ += haproxy.error().detail + "; ";
    }
  }
  if (IsWanted("firewall")) {
    if (!peers::Find("nft")) {
      missing_ += "no nft; ";
    } else if (auto network = peers::NetworkPair::Make()) {
      network_ = std::move(*network);
      devices_.insert("firewall");
    } else {
      missing_ += network.error().detail + "; ";
    }
  }
  if (IsWanted("bouncer")) {
    if (peers::Find("crowdsec-custom-bouncer")) {
      devices_.insert("bouncer");
    } else {
      missing_ += "no crowdsec-custom-bouncer; ";
    }
  }
}

void Site::MakeResolvers() {
  named_ = peers::Named::Start(options_.secondary ? peers::Named::Role::primary_only
                                                  : peers::Named::Role::primary_and_resolver,
                               options_.dns_zones);
  if (!named_) {
    missing_ += "no BIND; ";
    return;
  }
  if (options_.secondary) {
    secondary_ = peers::Resolver::Following(*options_.secondary, *named_);
    if (!secondary_) {
      missing_ += "no such secondary; ";
      named_.reset();
      return;
    }
  }
  devices_.insert("dns");
  if (!options_.vendor_blocks.empty()) {
    named_->AddPolicyZones(options_.vendor_blocks);
    devices_.insert("dns-allow");
  }
}

void Site::MakeSquid() {
  // Squid is to contact nobody, least of all what feeds warn of.
  Write(folder_ / "site.conf",
        "include " + (squid_lists() / "sekisho.conf").string() + "\nnever_direct allow all\n");
  if (auto squid = peers::Squid::Make(folder_ / "squid", folder_ / "site.conf")) {
    squid_ = std::move(*squid);
    devices_.insert("proxy");
  } else {
    missing_ += squid.error().detail + "; ";
  }
}

void Site::Issue(const std::string& name, platform::CertificateRequest request) {
  request.common_name = name;
  const auto issued = Must(platform::IssueCertificate(ca_, request, Valid()));
  Write(folder_ / ("tls/" + name + ".pem"), issued.certificate_pem);
  Write(folder_ / ("tls/" + name + ".key"), issued.key_pem, 0600);
}

void Site::MakeCertificates() {
  ca_ = Must(platform::MakeCa("site CA", Valid()));
  Write(folder_ / "tls/ca.pem", ca_.certificate_pem);
  Write(folder_ / "tls/ca.crl", platform::testing::MakeCrl(ca_, {}, Valid().from, Valid().until));
  RenewCertificate();
  for (const std::string& device : devices_) {
    Issue(device,
          {.dns_names = {device + ".exporters.test"}, .for_server = false, .for_client = true});
  }
}

void Site::RenewCertificate() {
  Issue("server", {.ip_addresses = {"127.0.0.1"}});
}

void Site::Revoke(const std::string& device) {
  const auto certificate =
      Must(platform::ReadFile(folder_ / ("tls/" + device + ".pem"), 64 * 1024));
  Write(folder_ / "tls/ca.crl",
        platform::testing::MakeCrl(ca_, {certificate}, Valid().from, Valid().until));
}

void Site::AddFeed(const std::string& name, const std::string& format, std::string body,
                   const std::string& more) {
  feeds_ += "  - {name: " + name + ", url: \"" + web_.Put(name, std::move(body)) +
            "\", allow_private: true, format: " + format + ", reliability: 90" + more + "}\n";
}

void Site::AddPushFeed(const std::string& name, const std::string& more) {
  feeds_ += "  - {name: " + name + ", format: push, reliability: 90" + more + "}\n";
}

void Site::AddAllowlist(const std::string& name, const std::string& format, std::string body,
                        const std::string& category, const std::string& effect) {
  allowlists_ += "  - {name: " + name + ", url: \"" + web_.Put(name, std::move(body)) +
                 "\", allow_private: true, format: " + format + ", category: " + category +
                 ", effect: " + effect + "}\n";
}

std::string Site::Token(const std::string& person) {
  const std::string token = policy::ToHex(policy::Sha256Of("the token of " + person));
  Write(token_file(person), token, 0600);
  return policy::ToHex(policy::Sha256Of(token));
}

void Site::WriteAgentConfig() {
  std::string text = "data_dir: " + (folder_ / "data").string() +
                     "\nlisten: " + Loopback(agent_port_) +
                     "\ntls: {certificate: " + (folder_ / "tls/server.pem").string() +
                     ", key: " + (folder_ / "tls/server.key").string() +
                     ", client_ca: " + (folder_ / "tls/ca.pem").string() +
                     ", client_crl: " + (folder_ / "tls/ca.crl").string() +
                     "}\nhistory_origin: site.test/history\n"
                     // Samples and synthetic feeds live in the documentation ranges.
                     "documentation_is_special: false\npolicy: " +
                     options_.policy + "\nqueue: " + options_.queue + "\nbrake: " + options_.brake +
                     "\nlists:\n"
                     "  - {name: names, kinds: [domain]}\n"
                     "  - {name: addresses, kinds: [ip]}\n"
                     "  - {name: all, kinds: [domain, ip, url]}\n"
                     "  - {name: allowed, content: allowlist, kinds: [domain]}\n"
                     "devices:\n";
  const std::map<std::string, std::string> list_of{
      {"dns", "names"},          {"dns-allow", "allowed"}, {"edge", "names"},
      {"firewall", "addresses"}, {"proxy", "all"},         {"lists", "all"},
      {"bouncer", "addresses"}};
  for (const std::string& device : devices_) {
    text += "  - {name: " + device + ", list: " + list_of.at(device) + ", identity: " + device +
            ".exporters.test}\n";
  }
  text += "feeds:\n" + feeds_ + "allowlists:\n" + allowlists_ + "access:\n  tokens:\n";
  for (const char* person : {"alice", "bob"}) {
    text += std::string("    - {name: ") + person + ", role: approver, sha256: " + Token(person) +
            "}\n";
  }
  text += "    - {name: carol, role: analyst, sha256: " + Token("carol") + "}\n";
  text += "    - {name: dora, role: admin, sha256: " + Token("dora") + "}\n";
  text += "    - {name: audit, role: auditor, sha256: " + Token("audit") + "}\n";
  if (!options_.traffic.empty()) text += "traffic: " + options_.traffic + "\n";
  if (!options_.notifications.empty()) text += "notifications: " + options_.notifications + "\n";
  if (!options_.web_root.empty()) {
    text += "accounts: " + options_.accounts + "\nweb: {listen: \"" + Loopback(web_port_) +
            "\", root: " + options_.web_root.string() + ", origin: \"" + web_url() + "\"}\n";
    text += "unblock_requests: {hourly_per_address: 100}\n";
    if (!options_.oidc.empty()) text += "oidc: " + options_.oidc + "\n";
  }
  Write(agent_config(), text);
}

void Site::AddExporter(const std::string& device, const std::string& row,
                       const std::string& settings) {
  const auto tls = [&](const std::string& name) { return (folder_ / ("tls/" + name)).string(); };
  Write(folder_ / (device + ".yaml"),
        "agent: {address: \"" + Loopback(agent_port_) + "\", ca: " + tls("ca.pem") +
            ", certificate: " + tls(device + ".pem") + ", key: " + tls(device + ".key") +
            ", list_key: " + (folder_ / "list.pub").string() + "}\nstate_dir: " +
            (folder_ / ("state-" + device)).string() + "\ndevices:\n  - name: " + device +
            "\n    exporter: " + row + "\n    read_back_every: " + options_.read_back_every +
            "\n    on_drift: " + options_.on_drift + "\n    settings:\n" + Indent(settings));
  exporters_.try_emplace(
      device,
      std::vector<std::string>{SEKISHO_EXPORTER, "--config", (folder_ / (device + ".yaml"))},
      folder_ / (device + ".log"));
  exporters_.at(device).Start();
}

void Site::Start() {
  WriteAgentConfig();
  if (devices_.contains("lists")) {
    AddExporter("lists", "http_list",
                "address: 127.0.0.1\nport: " + std::to_string(lists_port_) +
                    "\ntls: {certificate: " + (folder_ / "tls/server.pem").string() +
                    ", key: " + (folder_ / "tls/server.key").string() +
                    "}\nanonymous: true\nlists:\n"
                    "  - {path: domains.txt, kinds: [domain]}\n"
                    "  - {path: ips.txt, kinds: [ip]}\n"
                    "  - {path: urls.txt, kinds: [url]}\n");
  }
  if (named_) AddExporter("dns", "rpz", ResolverSettings());
  if (devices_.contains("dns-allow")) AddExporter("dns-allow", "rpz", named_->AllowZoneSettings());
  if (network_) {
    AddExporter("firewall", "nftables",
                "nft: " + peers::Find("nft")->string() +
                    "\nnetwork_namespace: " + network_->inside() + "\n");
  }
  if (squid_) {
    AddExporter("proxy", "squid",
                squid_->ExporterSettings(squid_lists().parent_path(), SEKISHO_SQUID_ACL,
                                         "names_in: " + options_.squid_names_in + "\n"));
    // The exporter first, so that there is something to include.
    if (!Eventually([this] { return fs::exists(squid_lists() / "sekisho.conf"); })) {
      throw std::runtime_error("Squid's exporter does not start: " + Logs());
    }
    Must(squid_->Start());
  }
  if (haproxy_) {
    AddExporter("edge", "haproxy", haproxy_->ExporterSettings(haproxy_maps()));
    if (!Eventually([this] { return fs::exists(haproxy_maps() / "addresses.map"); })) {
      throw std::runtime_error("HAProxy's exporter does not start: " + Logs());
    }
    Must(haproxy_->Start());
  }
  if (devices_.contains("bouncer")) {
    AddExporter("bouncer", "crowdsec",
                "port: " + std::to_string(bouncer_port_) +
                    "\nentries_max: 2000000\nbouncers: [{name: bouncer, key_sha256: " +
                    policy::ToHex(policy::Sha256Of(bouncer_key)) + "}]\n");
  }
  agent_ = std::make_unique<Daemon>(
      std::vector<std::string>{SEKISHO_AGENT, "--config", agent_config()}, folder_ / "agent.log");
  StartAgent();
  const std::string timeout = std::to_string(2 * options_.patience.count()) + "s";
  const auto refreshed = Run({"feed", "refresh", "--wait", "--timeout", timeout});
  if (refreshed.exit != 0) {
    throw std::runtime_error("feeds can't be taken in: " + refreshed.out + refreshed.err + Logs());
  }
  if (devices_.contains("bouncer")) StartBouncer();
  if (!DevicesBecomeCurrent()) {
    throw std::runtime_error("devices don't get the first release: " +
                             Run({"device", "list", "-o", "json"}).out + Logs());
  }
}

std::string Site::ResolverSettings() const {
  if (!secondary_) return named_->ExporterSettings();
  // A million names take a while to load, and to go over once.
  return named_->ExporterSettings("answer_timeout: 60s\nload_timeout: 10m\nenforce_timeout: 10m\n",
                                  {secondary_->address()});
}

// A bouncer gives up at its start without a list.
void Site::StartBouncer() {
  const std::string url = "http://" + Loopback(bouncer_port_);
  platform::CurlHttpClient client("test");
  platform::HttpRequest request;
  request.url = url + "/v1/decisions?ip=192.0.2.1";
  request.allow_private_addresses = true;
  request.headers.push_back({"X-Api-Key", bouncer_key});
  if (!Eventually([&] {
        const auto response = client.Get(request);
        return response && response->status == 200;
      })) {
    throw std::runtime_error("CrowdSec's exporter has no list: " + Logs());
  }
  bouncer_ = Must(
      peers::CustomBouncer::Start(folder_ / "bouncer", url, bouncer_key,
                                  {.by_stdin = true, .asks_every = std::chrono::milliseconds(10)}));
}

void Site::StartAgent() {
  agent_->Start();
  const bool answers = Eventually([this] {
    return !agent_->Running() || Run({"device", "list"}).exit == 0;
  });
  if (!answers || !agent_->Running()) {
    throw std::runtime_error("the agent does not start: " + agent_->Log());
  }
}

std::string Site::history_key() const {
  std::string key = Must(platform::ReadFile(folder_ / "data/history.pub", 4096));
  while (key.ends_with('\n')) key.pop_back();
  return key;
}

std::string Site::grpc_url() const {
  return "https://" + Loopback(agent_port_);
}

std::string Site::web_url() const {
  return "http://" + Loopback(web_port_);
}

std::string Site::first_admin_link() const {
  std::string link = Must(platform::ReadFile(folder_ / "data/first-admin", 4096));
  while (link.ends_with('\n')) link.pop_back();
  return link;
}

std::vector<std::string> Site::Command(const std::vector<std::string>& words,
                                       const std::string& person) const {
  std::vector<std::string> argv{SEKISHO_CLI, "--agent",      Loopback(agent_port_), "--ca",
                                ca_file(),   "--token-file", token_file(person)};
  argv.insert(argv.end(), words.begin(), words.end());
  return argv;
}

CommandOutput Site::Run(const std::vector<std::string>& words, const std::string& person) {
  platform::RunOptions options;
  options.timeout = 3 * options_.patience;
  options.output_max = 64 * 1024 * 1024;
  auto output = Must(platform::Run(Command(words, person), options));
  return {output.exit_code, std::move(output.out), std::move(output.err)};
}

RunningCommand Site::Begin(const std::vector<std::string>& words, const std::string& person) {
  platform::ChildOptions options;
  options.output_file = folder_ / ("command-" + std::to_string(commands_++));
  return {Must(platform::ChildProcess::Start(Command(words, person), options)),
          options.output_file};
}

CommandOutput Site::VerifyHistory() {
  return Run({"history", "verify", "--key", history_key(), "-o", "json"}, "audit");
}

void Site::Route(const std::string& address) {
  if (!network_) return;
  Must(platform::Run({peers::Find("ip")->string(), "-n", network_->outside(), "route", "add",
                      "local", address, "dev", "lo"},
                     {}));
}

std::set<std::string> Site::Blockers(const std::string& line) const {
  const Target target(line);
  std::set<std::string> blockers;
  if (devices_.contains("lists")) blockers.insert("lists");
  if (target.kind == "domain" && named_) blockers.insert("dns");
  if (target.kind == "domain" && haproxy_) blockers.insert("edge");
  if (target.kind == "ip" && network_) blockers.insert("firewall");
  if (target.kind == "ip" && bouncer_) blockers.insert("bouncer");
  // Without TLS inspection a proxy sees no https URL.
  const bool is_seen = target.kind != "url" || target.text.starts_with("http://");
  if (squid_ && is_seen) blockers.insert("proxy");
  return blockers;
}

std::set<std::string> Site::Blocking(const std::string& line) {
  std::set<std::string> blocking;
  for (const std::string& device : devices_) {
    if (Blocks(device, line)) blocking.insert(device);
  }
  return blocking;
}

bool Site::Blocks(const std::string& device, const std::string& line) {
  const Target target(line);
  const bool is_ip = target.kind == "ip";
  if (device == "dns") {
    const peers::DnsServer& resolver =
        secondary_ ? static_cast<const peers::DnsServer&>(*secondary_) : *named_;
    return target.kind == "domain" && resolver.Status(target.text) == "NXDOMAIN";
  }
  if (device == "dns-allow") return false;  // it lets through
  if (device == "edge") return target.kind == "domain" && haproxy_->Status(target.text) == 403;
  if (device == "firewall") return is_ip && !network_->Reaches(target.address());
  if (device == "bouncer") return is_ip && bouncer_->Blocks(target.address());
  if (device == "lists") {
    const bool is_single = is_ip && target.is_single_address();
    return HasLine(Download(target.kind + "s.txt"), is_single ? target.address() : target.text);
  }
  const std::string url = target.kind == "url"
                              ? target.text
                              : "http://" + (is_ip ? target.address() : target.text) + "/";
  if (!url.starts_with("http://")) return false;
  // While Squid reads its configuration anew it listens to nobody, which also blocks.
  int status = 0;
  Eventually([&] { return (status = peers::StatusThroughProxy(squid_->port(), url)) != 0; });
  return status == 403;
}

bool Site::DevicesBecomeCurrent() {
  return Eventually(
      [this] {
        return Run({"device", "list", "--check"}).exit == 0;
      },
      options_.patience);
}

std::vector<std::string> Site::Lines(const std::string& list) {
  const auto shown = Run({"release", "show", "0", "--list", list, "-o", "json"});
  if (shown.exit != 0) throw std::runtime_error("no release: " + shown.err);
  return shown.Json().at("lines").get<std::vector<std::string>>();
}

std::string Site::Digest(const std::string& list) {
  const auto shown = Run({"release", "show", "0", "-o", "json"});
  if (shown.exit != 0) throw std::runtime_error("no release: " + shown.err);
  const auto json = shown.Json();
  for (const auto& each : json.at("release").at("lists")) {
    if (each.at("list") == list) return each.at("digest");
  }
  throw std::runtime_error("no list " + list + " in: " + shown.out);
}

std::string Site::Download(const std::string& file) {
  platform::CurlHttpClient client("test");
  platform::HttpRequest request;
  request.url = "https://" + Loopback(lists_port_) + "/lists/" + file;
  request.ca_file = folder_ / "tls/ca.pem";
  request.allow_private_addresses = true;
  request.body_size_max = 1024UL * 1024 * 1024;
  const auto response = client.Get(request);
  return response && response->status == 200 ? response->body : "";
}

std::string Site::Logs() const {
  std::string text;
  if (agent_) text += "\n--- agent\n" + agent_->Log();
  for (const auto& [device, daemon] : exporters_) text += "\n--- " + device + "\n" + daemon.Log();
  return text;
}

}  // namespace e2e
