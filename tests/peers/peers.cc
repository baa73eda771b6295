#include "tests/peers/peers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
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
  for (int attempt = 0; attempt < 100; ++attempt) {
    const platform::FileDescriptor tcp(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const platform::FileDescriptor udp(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (bind(tcp.get(), any, size) != 0 || getsockname(tcp.get(), any, &size) != 0) continue;
    if (bind(udp.get(), any, size) == 0) return ntohs(address.sin_port);
  }
  throw std::runtime_error("no free port on 127.0.0.1");
}

}  // namespace peers
