#include "tests/peers/peers.h"

#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

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

}  // namespace peers
