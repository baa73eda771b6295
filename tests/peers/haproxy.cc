#include "tests/peers/haproxy.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <chrono>
#include <thread>
#include <utility>

#include "platform/atomic_file.h"
#include "platform/file_descriptor.h"
#include "tests/peers/http_status.h"
#include "tests/peers/peers.h"

namespace peers {
namespace {

using policy::ErrorCode;
using policy::Fail;

std::string ReplacedAll(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

}  // namespace

Haproxy::Haproxy(std::filesystem::path program, std::filesystem::path folder)
    : program_(std::move(program)), folder_(std::move(folder)), port_(FreePort()) {}

policy::Result<std::unique_ptr<Haproxy>> Haproxy::Make(std::filesystem::path folder,
                                                       const std::filesystem::path& maps) {
  const auto program = Find("haproxy");
  if (!program) {
    return Fail(ErrorCode::not_found, "no haproxy; run ./dev test, or deploy/dev/peers.sh");
  }
  std::unique_ptr<Haproxy> haproxy(new Haproxy(*program, std::move(folder)));
  if (auto ok = haproxy->WriteConfig(maps); !ok) return tl::unexpected(ok.error());
  return haproxy;
}

policy::Result<void> Haproxy::WriteConfig(const std::filesystem::path& maps) const {
  const auto rules = platform::ReadFile(
      std::filesystem::path(SEKISHO_SOURCE_DIR) / "exporters/haproxy/rules.cfg", 65536);
  if (!rules) return tl::unexpected(rules.error());
  return platform::WriteFileAtomically(
      config(), "global\n  stats socket " + socket().string() +
                    " mode 600 level admin\n"
                    "defaults\n  mode http\n  timeout connect 5s\n  timeout client 20s\n"
                    "  timeout server 20s\n"
                    "frontend site\n  bind 127.0.0.1:" +
                    std::to_string(port_) + "\n" +
                    ReplacedAll(*rules, "/var/lib/sekisho-haproxy", maps.string()) +
                    "  http-request return status 200\n");
}

policy::Result<void> Haproxy::Start() {
  platform::ChildOptions options;
  options.output_file = folder_ / "haproxy.out";
  auto process =
      platform::ChildProcess::Start({program_.string(), "-db", "-f", config().string()}, options);
  if (!process) return tl::unexpected(process.error());
  process_ = std::move(*process);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < deadline && process_->Running()) {
    if (Status("start.test") != 0) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  const auto said = platform::ReadFile(options.output_file, 65536);
  return Fail(ErrorCode::unavailable, "HAProxy does not start: " + said.value_or(""));
}

std::string Haproxy::ExporterSettings(const std::filesystem::path& maps) const {
  return "haproxy: " + program_.string() + "\nsocket: " + socket().string() +
         "\ndirectory: " + maps.string() + "\n";
}

int Haproxy::Status(const std::string& host, const std::string& source) const {
  return HttpStatus(port_, "GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n",
                    source);
}

std::string Haproxy::Ask(const std::string& command) const {
  const platform::FileDescriptor fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket().native().copy(address.sun_path, sizeof address.sun_path - 1);
  const std::string line = command + "\n";
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      send(fd.get(), line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size())) {
    return {};
  }
  std::string answer;
  std::array<char, 4096> buffer;
  for (ssize_t got = 0; (got = recv(fd.get(), buffer.data(), buffer.size(), 0)) > 0;) {
    answer.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return answer;
}

}  // namespace peers
