#include "tests/peers/crowdsec.h"

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>
#include <utility>
#include <vector>

#include "platform/atomic_file.h"
#include "platform/http_client.h"
#include "tests/peers/peers.h"

namespace peers {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::size_t kLogMax = 16UL * 1024 * 1024;

Result<std::filesystem::path> Need(std::string_view name) {
  if (auto path = Find(name)) return *path;
  return Fail(ErrorCode::not_found,
              "no " + std::string(name) + "; run ./dev test, or deploy/dev/peers.sh");
}

std::string ReadOr(const std::filesystem::path& path) {
  return platform::ReadFile(path, kLogMax).value_or("");
}

// The bouncers call ipset and iptables by name.
platform::ChildOptions OptionsWith(const std::filesystem::path& log) {
  platform::ChildOptions options;
  options.output_file = log;
  options.env["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
  if (const auto ipset = Find("ipset")) {
    options.env["PATH"] = ipset->parent_path().string() + ":" + options.env["PATH"];
  }
  return options;
}

Result<platform::ChildProcess> StartBouncer(std::string_view program,
                                            const std::filesystem::path& folder,
                                            const std::string& config) {
  const auto path = Need(program);
  if (!path) return tl::unexpected(path.error());
  const std::filesystem::path file = folder / (std::string(program) + ".yaml");
  if (auto ok = platform::WriteFileAtomically(file, config); !ok) return tl::unexpected(ok.error());
  return platform::ChildProcess::Start({path->string(), "-c", file.string()},
                                       OptionsWith(folder / (std::string(program) + ".log")));
}

}  // namespace

Result<void> CrowdsecLapi::WriteConfig() const {
  const std::string folder = folder_.string();
  const std::vector<std::pair<std::string, std::string>> files{
      {"simulation.yaml", "simulation: false\n"},
      {"profiles.yaml",
       "name: default\nfilters:\n - Alert.Remediation == true\ndecisions:\n - type: ban\n   "
       "duration: 4h\non_success: break\n"},
      {"config.yaml",
       "common: {daemonize: false, log_media: stdout, log_level: info, working_dir: " + folder +
           "}\nconfig_paths: {config_dir: " + folder + ", data_dir: " + folder +
           ", simulation_path: " + folder + "/simulation.yaml, hub_dir: " + folder +
           ", index_path: " + folder + "/.index.json, notification_dir: " + folder +
           ", plugin_dir: " + folder +
           "}\ncrowdsec_service: {enable: false}\ncscli: {output: human}\n"
           "db_config: {type: sqlite, db_path: " +
           folder + "/crowdsec.db, use_wal: true}\napi:\n  client: {credentials_path: " + folder +
           "/credentials.yaml}\n  server: {enable: true, listen_uri: \"127.0.0.1:" +
           std::to_string(port_) + "\", profiles_path: " + folder +
           "/profiles.yaml}\nprometheus: {enabled: false}\n"},
      {".index.json", "{}\n"}};
  for (const auto& [name, text] : files) {
    if (auto ok = platform::WriteFileAtomically(folder_ / name, text); !ok) return ok;
  }
  return {};
}

Result<std::string> CrowdsecLapi::Cscli(const std::string& arguments) const {
  const auto cscli = Need("cscli");
  if (!cscli) return tl::unexpected(cscli.error());
  std::vector<std::string> argv{cscli->string(), "-c", (folder_ / "config.yaml").string()};
  std::istringstream words(arguments);
  for (std::string word; words >> word;) argv.push_back(word);
  platform::RunOptions options;
  options.timeout = std::chrono::minutes(10);
  const auto output = platform::Run(argv, options);
  if (!output) return tl::unexpected(output.error());
  if (output->exit_code == 0) return output->out;
  return Fail(ErrorCode::unavailable, "cscli " + arguments + ": " + output->out + output->err);
}

Result<void> CrowdsecLapi::Import(const std::vector<std::string>& addresses) const {
  std::string rows = "duration,scope,value\n";
  for (const std::string& address : addresses) rows += "24h,ip," + address + "\n";
  const std::filesystem::path file = folder_ / "decisions.csv";
  if (auto ok = platform::WriteFileAtomically(file, rows); !ok) return ok;
  if (auto said = Cscli("decisions import -i " + file.string()); !said) {
    return tl::unexpected(said.error());
  }
  return {};
}

Result<std::unique_ptr<CrowdsecLapi>> CrowdsecLapi::Start(std::filesystem::path folder) {
  std::unique_ptr<CrowdsecLapi> lapi(new CrowdsecLapi(std::move(folder), FreePort()));
  if (auto ok = lapi->Begin(); !ok) return tl::unexpected(ok.error());
  return lapi;
}

Result<void> CrowdsecLapi::Begin() {
  const auto program = Need("crowdsec");
  if (!program) return tl::unexpected(program.error());
  if (auto ok = WriteConfig(); !ok) return ok;
  for (const std::string& command :
       {"machines add test --password of-the-test -f " + (folder_ / "credentials.yaml").string(),
        "bouncers add test -k " + key_}) {
    if (auto said = Cscli(command); !said) return tl::unexpected(said.error());
  }
  platform::ChildOptions options;
  options.output_file = folder_ / "crowdsec.log";
  auto process = platform::ChildProcess::Start(
      {program->string(), "-c", (folder_ / "config.yaml").string()}, options);
  if (!process) return tl::unexpected(process.error());
  process_ = std::move(*process);
  platform::CurlHttpClient client("test");
  platform::HttpRequest request;
  request.url = url() + "/health";
  request.allow_private_addresses = true;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < deadline && process_->Running()) {
    if (client.Get(request)) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return Fail(ErrorCode::unavailable, "CrowdSec does not start: " + ReadOr(options.output_file));
}

Result<std::unique_ptr<FirewallBouncer>> FirewallBouncer::Start(const std::filesystem::path& folder,
                                                                Mode mode, const std::string& url,
                                                                const std::string& key) {
  auto process = StartBouncer(
      "crowdsec-firewall-bouncer", folder,
      std::string("mode: ") + (mode == Mode::nftables ? "nftables" : "iptables") +
          "\npid_dir: " + folder.string() +
          "\nupdate_frequency: 1s\ndaemonize: false\nlog_mode: stdout\nlog_level: info\napi_url: " +
          url + "/\napi_key: " + key +
          "\ndisable_ipv6: false\ndeny_action: DROP\ndeny_log: false\n"
          "supported_decisions_types: [ban]\nblacklists_ipv4: crowdsec-blacklists\n"
          "blacklists_ipv6: crowdsec6-blacklists\nipset_type: nethash\n"
          "iptables_chains: [INPUT]\n"
          "nftables:\n  ipv4: {enabled: true, set-only: false, table: crowdsec, chain: "
          "crowdsec-chain}\n  ipv6: {enabled: true, set-only: false, table: crowdsec6, chain: "
          "crowdsec6-chain}\npf: {anchor_name: \"\"}\nprometheus: {enabled: false}\n");
  if (!process) return tl::unexpected(process.error());
  return std::unique_ptr<FirewallBouncer>(
      new FirewallBouncer(std::move(*process), folder / "crowdsec-firewall-bouncer.log"));
}

FirewallBouncer::~FirewallBouncer() {
  process_.Terminate(std::chrono::seconds(10));
}

std::string FirewallBouncer::Log() const {
  return ReadOr(log_);
}

Result<std::unique_ptr<CustomBouncer>> CustomBouncer::Start(const std::filesystem::path& folder,
                                                            const std::string& url,
                                                            const std::string& key,
                                                            Options options) {
  const std::filesystem::path calls = folder / "calls";
  const std::filesystem::path script = folder / "record";
  const std::string record = options.by_stdin ? "exec cat" : "echo \"$@\"";
  if (auto ok = platform::WriteFileAtomically(
          script, "#!/bin/sh\n" + record + " >> " + calls.string() + "\n", 0755);
      !ok) {
    return tl::unexpected(ok.error());
  }
  auto process =
      StartBouncer("crowdsec-custom-bouncer", folder,
                   "bin_path: " + script.string() + "\npiddir: " + folder.string() +
                       "\nfeed_via_stdin: " + (options.by_stdin ? "true" : "false") +
                       "\nupdate_frequency: " + std::to_string(options.asks_every.count()) +
                       "ms\ncache_retention_duration: 10s\ndaemonize: false\nlog_mode: stdout\n"
                       "log_level: warning\napi_url: " +
                       url + "/\napi_key: " + key + "\nprometheus: {enabled: false}\n");
  if (!process) return tl::unexpected(process.error());
  return std::unique_ptr<CustomBouncer>(new CustomBouncer(std::move(*process), calls));
}

std::string CustomBouncer::Calls() const {
  return ReadOr(calls_);
}

bool CustomBouncer::Blocks(const std::string& address) {
  std::ifstream calls(calls_);
  calls.seekg(read_);
  // A line that is still being written is read the next time.
  for (std::string line; std::getline(calls, line) && !calls.eof();) {
    read_ += static_cast<std::streamoff>(line.size()) + 1;
    const auto call = nlohmann::json::parse(line);
    if (call.at("action") == "add") {
      blocked_.insert(call.at("value"));
    } else {
      blocked_.erase(call.at("value"));
    }
  }
  return blocked_.contains(address);
}

}  // namespace peers
