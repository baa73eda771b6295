#include "tests/peers/squid.h"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <thread>
#include <utility>

#include "platform/atomic_file.h"
#include "tests/peers/http_status.h"
#include "tests/peers/peers.h"

namespace peers {

namespace fs = std::filesystem;
using policy::ErrorCode;
using policy::Fail;

Squid::Squid(fs::path program, fs::path folder, std::uint16_t port)
    : program_(std::move(program)),
      folder_(std::move(folder)),
      port_(port),
      service_name_("sekisho" + std::to_string(getpid()) + "x" + std::to_string(port)) {}

policy::Result<std::unique_ptr<Squid>> Squid::Make(fs::path folder, const fs::path& include) {
  const auto program = Find("squid");
  if (!program) {
    return Fail(ErrorCode::not_found, "no squid; run ./dev test, or deploy/dev/peers.sh");
  }
  std::unique_ptr<Squid> squid(new Squid(*program, std::move(folder), FreePort()));
  if (auto ok = squid->WriteConfig(include); !ok) return tl::unexpected(ok.error());
  return squid;
}

policy::Result<void> Squid::WriteConfig(const fs::path& include) const {
  // Squid gives up its root rights: its user has to reach the folder and write to it.
  if (chmod(folder_.c_str(), 0777) != 0) {
    return Fail(ErrorCode::not_allowed, "cannot open up " + folder_.string());
  }
  std::string text;
  if (const auto paths = SquidPaths()) text += "include " + paths->string() + "\n";
  text += "http_port 127.0.0.1:" + std::to_string(port_) + "\n";
  text += "pid_filename " + (folder_ / "squid.pid").string() + "\n";
  text += "cache_log " + (folder_ / "cache.log").string() + "\n";
  text += "access_log none\ncache_mem 1 MB\nshutdown_lifetime 0 seconds\n";
  text += "coredump_dir " + folder_.string() + "\n";
  text += "visible_hostname proxy.test\n";
  // No test asks the network: names don't resolve, quickly.
  text += "dns_nameservers 127.0.0.1\ndns_timeout 100 milliseconds\n";
  text += "dns_retransmit_interval 50 milliseconds\n";
  text += "include " + include.string() + "\n";
  text += "http_access allow all\n";
  return platform::WriteFileAtomically(config(), text);
}

Squid::~Squid() {
  Stop();
}

policy::Result<void> Squid::Start() {
  auto process = platform::ChildProcess::Start(
      {program_.string(), "-N", "-n", service_name_, "-f", config().string()},
      {.env = {}, .inherit_env = false, .cwd = {}, .output_file = folder_ / "squid.out"});
  if (!process) return tl::unexpected(process.error());
  process_ = std::move(*process);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < deadline && process_->Running()) {
    if (StatusThroughProxy(port_, "http://127.0.0.1:1/") != 0) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return Fail(ErrorCode::unavailable, "Squid does not start: " + CacheLog());
}

void Squid::Stop() {
  if (!process_) return;
  process_->Terminate(std::chrono::seconds(10));
  process_.reset();
  for (const char* segment : {"metadata", "queues", "readers"}) {
    std::error_code ignored;
    fs::remove("/dev/shm/" + service_name_ + "-cf__" + segment + ".shm", ignored);
  }
}

bool Squid::Running() {
  return process_ && process_->Running();
}

std::string Squid::ExporterSettings(const fs::path& lists, const std::string& helper,
                                    const std::string& more) const {
  std::string settings = "squid: " + program_.string() + "\nconfig: " + config().string() +
                         "\nservice_name: " + service_name_ + "\ndirectory: " + lists.string() +
                         "\nhelper: " + helper + "\nproxy: 127.0.0.1:" + std::to_string(port_) +
                         "\n" + more;
  const auto paths = SquidPaths();
  if (paths && more.find("scratch_include") == more.npos) {
    settings += "scratch_include: " + paths->string() + "\n";
  }
  return settings;
}

std::string Squid::CacheLog() const {
  std::ifstream file(folder_ / "cache.log");
  return {std::istreambuf_iterator<char>(file), {}};
}

int StatusThroughProxy(std::uint16_t proxy_port, const std::string& url) {
  const auto scheme_end = url.find("://");
  const std::string rest = scheme_end == url.npos ? url : url.substr(scheme_end + 3);
  return HttpStatus(proxy_port, (scheme_end == url.npos ? "CONNECT " : "GET ") + url +
                                    " HTTP/1.1\r\nHost: " + rest.substr(0, rest.find('/')) +
                                    "\r\nConnection: close\r\n\r\n");
}

}  // namespace peers
