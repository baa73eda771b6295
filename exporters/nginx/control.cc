#include "exporters/nginx/control.h"

#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>
#include <system_error>
#include <vector>

#include "exporters/await.h"
#include "exporters/http_probe.h"
#include "exporters/nginx/files.h"
#include "platform/atomic_file.h"
#include "platform/subprocess.h"

namespace exporters::nginx {
namespace {

using policy::ErrorCode;
using policy::Fail;

// Everything that `nginx -t` would create or open is in `folder`.
std::string ScratchConfig(const std::filesystem::path& folder) {
  const std::string in = folder.native() + "/";
  std::string text = "error_log stderr;\npid " + in + "pid;\nevents {}\nhttp {\n";
  for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
    text += std::string(kind) + "_temp_path " + in + kind + ";\n";
  }
  return text +
         "access_log off;\nmap_hash_max_size 2097152;\nmap_hash_bucket_size 512;\n"
         "map $host $sekisho_name { hostnames; default 0; include " +
         in + kNamesFile + "; }\ngeo $sekisho_address { default 0; include " + in + kAddressesFile +
         "; }\n}\n";
}

// The first line that nginx calls an error, without what stands before that.
std::string ComplaintIn(const std::string& output) {
  const auto at = output.find("[emerg]");
  if (at == std::string::npos) return output.substr(0, 300);
  return output.substr(at, output.find('\n', at) - at);
}

Result<pid_t> MasterPid(const std::filesystem::path& pid_file) {
  const auto text = platform::ReadFile(pid_file, 64);
  if (!text) {
    return Fail(ErrorCode::not_found,
                "nginx does not run, or has its pid elsewhere (pid_file): " + text.error().detail);
  }
  pid_t pid = 0;
  std::from_chars(text->data(), text->data() + text->size(), pid);
  // After a crash another program may have the number.
  const auto name = platform::ReadFile("/proc/" + std::to_string(pid) + "/comm", 64);
  if (pid > 1 && name && *name == "nginx\n") return pid;
  return Fail(ErrorCode::not_found, "nginx does not run: " + pid_file.string() + " names process " +
                                        std::to_string(pid) + ", which is not nginx");
}

bool IsTakingRequests(pid_t worker) {
  // nginx writes there what a process is, and stops listening as it writes that it shuts down.
  const auto title = platform::ReadFile("/proc/" + std::to_string(worker) + "/cmdline", 4096);
  return title && title->starts_with("nginx: worker process") &&
         title->find("shutting down") == std::string::npos;
}

std::vector<pid_t> WorkersOf(pid_t master) {
  std::vector<pid_t> workers;
  const std::string parent = "\nPPid:\t" + std::to_string(master) + "\n";
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename();
    pid_t pid = 0;
    std::from_chars(name.data(), name.data() + name.size(), pid);
    if (pid == 0) continue;
    const auto status = platform::ReadFile(entry.path() / "status", 65536);
    if (status && status->find(parent) != std::string::npos && IsTakingRequests(pid)) {
      workers.push_back(pid);
    }
  }
  return workers;
}

}  // namespace

Result<std::string> VersionOf(const Settings& settings) {
  const auto output = platform::Run({settings.program.native(), "-v"}, {});
  if (!output) return tl::unexpected(output.error());
  constexpr std::string_view before = "nginx version: nginx/";
  const auto at = output->err.find(before);
  if (at == std::string::npos) {
    return Fail(ErrorCode::malformed_input,
                settings.program.string() + " -v names no version of nginx");
  }
  const auto begin = at + before.size();
  return "nginx " + output->err.substr(begin, output->err.find_first_of(" \n", begin) - begin);
}

Result<void> Check(const Settings& settings, const Artifact& artifact,
                   const std::filesystem::path& folder) {
  const auto check = [&]() -> Result<void> {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    for (const ArtifactFile& file : artifact.files) {
      if (auto ok = platform::WriteFileAtomically(folder / file.name, file.bytes); !ok) return ok;
    }
    const auto config = folder / "nginx.conf";
    if (auto ok = platform::WriteFileAtomically(config, ScratchConfig(folder)); !ok) return ok;
    platform::RunOptions options;
    options.timeout = settings.check_timeout;
    const auto output = platform::Run(
        {settings.program.native(), "-t", "-q", "-p", folder.native(), "-c", config.native()},
        options);
    if (!output) return tl::unexpected(output.error());
    if (output->exit_code == 0) return {};
    return Fail(ErrorCode::malformed_input,
                "nginx -t refuses the list: " + ComplaintIn(output->err));
  };
  auto checked = check();
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return checked;
}

Result<void> Reload(const Settings& settings, const platform::Clock& clock) {
  const auto pid = MasterPid(settings.pid_file);
  if (!pid) return tl::unexpected(pid.error());
  const std::vector<pid_t> before = WorkersOf(*pid);
  if (kill(*pid, SIGHUP) != 0) {
    return Fail(ErrorCode::not_allowed, "cannot tell nginx (process " + std::to_string(*pid) +
                                            ") to reload: " + std::strerror(errno) +
                                            "; the exporter has to run as root or with CAP_KILL");
  }
  if (AwaitWithin(settings.reload_timeout, clock,
                  [&] { return std::none_of(before.begin(), before.end(), IsTakingRequests); })) {
    return {};
  }
  return Fail(ErrorCode::exhausted,
              "nginx was told to reload, and goes on with the workers that it had; its error log "
              "says why");
}

Answer Ask(const Settings& settings, const std::string& host) {
  const std::string request = "GET / HTTP/1.1\r\nHost: " + host +
                              "\r\nUser-Agent: sekisho-probe\r\nConnection: close\r\n\r\n";
  const auto head =
      AskForHead(settings.probe_host, settings.probe_port, request, settings.probe_timeout);
  if (!head) return Answer::no_answer;
  if (head->empty()) return settings.hangs_up ? Answer::blocked : Answer::no_answer;
  const auto status = StatusOf(*head);
  if (status.empty()) return Answer::no_answer;
  return !settings.hangs_up && status == "403" ? Answer::blocked : Answer::let_through;
}

}  // namespace exporters::nginx
