#include "tests/peers/nginx.h"

#include <chrono>
#include <thread>
#include <utility>

#include "platform/atomic_file.h"
#include "tests/peers/http_status.h"
#include "tests/peers/peers.h"

namespace peers {

using policy::ErrorCode;
using policy::Fail;

Nginx::Nginx(std::filesystem::path program, std::filesystem::path folder)
    : program_(std::move(program)), folder_(std::move(folder)), port_(FreePort()) {}

policy::Result<std::unique_ptr<Nginx>> Nginx::Make(std::filesystem::path folder,
                                                   const std::filesystem::path& lists,
                                                   int blocked_status) {
  const auto program = Find("nginx");
  if (!program) {
    return Fail(ErrorCode::not_found, "no nginx; run ./dev test, or deploy/dev/peers.sh");
  }
  std::unique_ptr<Nginx> nginx(new Nginx(*program, std::move(folder)));
  if (auto ok = nginx->WriteConfig(lists, blocked_status); !ok) return tl::unexpected(ok.error());
  return nginx;
}

policy::Result<void> Nginx::WriteConfig(const std::filesystem::path& lists,
                                        int blocked_status) const {
  auto rules = platform::ReadFile(
      std::filesystem::path(SEKISHO_SOURCE_DIR) / "exporters/nginx/rules.conf", 65536);
  if (!rules) return tl::unexpected(rules.error());
  const std::string installed = "/var/lib/sekisho-nginx";
  for (auto at = rules->find(installed); at != rules->npos; at = rules->find(installed)) {
    rules->replace(at, installed.size(), lists.string());
  }
  const std::string in = folder_.string() + "/";
  std::string text = "error_log " + in + "error.log;\npid " + pid_file().string() +
                     ";\ndaemon off;\nuser root;\nevents {}\nhttp {\naccess_log off;\n";
  for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
    text += std::string(kind) + "_temp_path " + in + kind + ";\n";
  }
  const std::string action = ") { return " + std::to_string(blocked_status) + "; }\n";
  text += *rules + "server {\nlisten 127.0.0.1:" + std::to_string(port_) + ";\nif ($sekisho_name" +
          action + "if ($sekisho_address" + action + "return 200 \"passed\\n\";\n}\n}\n";
  return platform::WriteFileAtomically(config(), text);
}

policy::Result<void> Nginx::Start() {
  platform::ChildOptions options;
  options.output_file = folder_ / "nginx.out";
  auto process = platform::ChildProcess::Start(
      {program_.string(), "-p", folder_.string(), "-c", config().string()}, options);
  if (!process) return tl::unexpected(process.error());
  process_ = std::move(*process);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < deadline && process_->Running()) {
    if (Status("start.test") != 0) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  const auto said = platform::ReadFile(options.output_file, 65536);
  return Fail(ErrorCode::unavailable, "nginx does not start: " + said.value_or(""));
}

void Nginx::Stop() {
  if (process_) process_->Terminate(std::chrono::seconds(5));
  process_.reset();
}

int Nginx::Status(const std::string& host, const std::string& source) const {
  return HttpStatus(port_, "GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n",
                    source);
}

}  // namespace peers
