#include "tests/peers/peers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <mutex>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "platform/file_descriptor.h"

namespace peers {
namespace {

namespace fs = std::filesystem;

std::string EnvironmentName(std::string_view name) {
  std::string result = "SEKISHO_";
  for (const char c : name) {
    result += c == '-' ? '_' : (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  }
  return result;
}

// Below those that the kernel gives to whoever asks for any: it would give a port away between our
// look and the server's start.
constexpr std::uint16_t kFirstPort = 10'000;
constexpr std::uint16_t kLastPort = 32'000;

// Keeps other tests from the port for as long as it is open: an abstract socket has one owner, and
// ends with it (unix(7)).
platform::FileDescriptor Claim(std::uint16_t port) {
  platform::FileDescriptor fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = "sekisho-test-port-" + std::to_string(port);
  name.copy(&address.sun_path[1], name.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) fd.Close();
  return fd;
}

bool IsFree(std::uint16_t port, int type) {
  const platform::FileDescriptor fd(socket(AF_INET, type | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

std::vector<fs::path> Folders() {
  std::vector<fs::path> folders{fs::path(SEKISHO_SOURCE_DIR) / ".peers/bin"};
  if (const char* path = std::getenv("PATH")) {
    std::string_view rest = path;
    while (!rest.empty()) {
      const auto end = rest.find(':');
      folders.emplace_back(rest.substr(0, end));
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
  }
  // Not in the PATH of ordinary users, yet that's where Debian has daemons.
  folders.emplace_back("/usr/sbin");
  folders.emplace_back("/sbin");
  return folders;
}

}  // namespace

std::optional<fs::path> Find(std::string_view name) {
  if (const char* path = std::getenv(EnvironmentName(name).c_str())) {
    return fs::path(path);
  }
  for (const fs::path& folder : Folders()) {
    const fs::path candidate = folder / name;
    if (!folder.empty() && access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
  }
  return std::nullopt;
}

std::optional<fs::path> SquidPaths() {
  if (const char* path = std::getenv("SEKISHO_SQUID_PATHS")) {
    return fs::path(path);
  }
  const fs::path generated = fs::path(SEKISHO_SOURCE_DIR) / ".peers/squid_paths.conf";
  if (fs::exists(generated)) {
    return generated;
  }
  return std::nullopt;
}

std::uint16_t FreePort() {
  static std::vector<platform::FileDescriptor> claims;  // until this process ends
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  static std::minstd_rand random(std::random_device{}());
  std::uniform_int_distribution<std::uint16_t> ports(kFirstPort, kLastPort);
  for (int attempt = 0; attempt < 1000; ++attempt) {
    const std::uint16_t port = ports(random);
    auto claim = Claim(port);
    if (!claim.valid() || !IsFree(port, SOCK_STREAM) || !IsFree(port, SOCK_DGRAM)) continue;
    claims.push_back(std::move(claim));
    return port;
  }
  throw std::runtime_error("no free port on 127.0.0.1");
}

}  // namespace peers
