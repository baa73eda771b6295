#include "exporters/haproxy/runtime_api.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

#include "platform/file_descriptor.h"

namespace exporters::haproxy {
namespace {

using policy::ErrorCode;
using policy::Fail;
using SteadyTime = std::chrono::steady_clock::time_point;

// Below tune.bufsize (16384 unless set lower), which a command with its payload has to fit into.
constexpr std::size_t kPayloadMax = 8000;
constexpr std::size_t kAnswerMax = std::size_t{4} << 30;
constexpr const char* kValue = " 1\n";

tl::unexpected<policy::Error> Silent(const std::filesystem::path& socket, const std::string& why) {
  return Fail(ErrorCode::unavailable, "HAProxy's socket " + socket.string() + ": " + why +
                                          "; is HAProxy running, and has its global section "
                                          "`stats socket` with this path and `level admin`?");
}

bool WaitFor(int fd, decltype(pollfd::events) events, SteadyTime deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::steady_clock::now());
  pollfd poll_fd{fd, events, 0};
  return left.count() > 0 && poll(&poll_fd, 1, static_cast<int>(left.count())) > 0;
}

bool SendAll(int fd, std::string_view bytes, SteadyTime deadline) {
  while (!bytes.empty()) {
    const auto sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if ((errno != EAGAIN && errno != EINTR) || !WaitFor(fd, POLLOUT, deadline)) {
      return false;
    }
  }
  return true;
}

std::string_view Trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \n");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \n") + 1 - begin);
}

// The number that follows `before` in `text`.
policy::Result<std::uint64_t> NumberAfter(std::string_view text, std::string_view before) {
  const auto at = text.find(before);
  std::uint64_t number = 0;
  if (at != text.npos) {
    const char* const begin = text.data() + at + before.size();
    if (std::from_chars(begin, text.data() + text.size(), number).ptr != begin) return number;
  }
  return Fail(ErrorCode::malformed_input,
              "HAProxy says: " + std::string(Trimmed(text.substr(0, 200))));
}

}  // namespace

policy::Result<std::string> RuntimeMap::Ask(const std::string& command) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& path = socket_.native();
  if (path.size() >= sizeof address.sun_path) return Silent(socket_, "the path is too long");
  std::memcpy(address.sun_path, path.data(), path.size());
  const platform::FileDescriptor fd(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid() ||
      connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return Silent(socket_, std::strerror(errno));
  }
  const auto deadline = std::chrono::steady_clock::now() + timeout_;
  if (!SendAll(fd.get(), command + "\n", deadline)) return Silent(socket_, "takes no command");
  std::string answer;
  std::array<char, 65536> buffer;
  while (answer.size() < kAnswerMax) {
    if (!WaitFor(fd.get(), POLLIN, deadline)) return Silent(socket_, "no answer in time");
    const auto got = recv(fd.get(), buffer.data(), buffer.size(), 0);
    if (got == 0) return answer;
    if (got < 0) return Silent(socket_, std::strerror(errno));
    answer.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return Silent(socket_, "an answer of over 4 GiB");
}

policy::Result<void> RuntimeMap::Tell(const std::string& command) const {
  const auto answer = Ask(command);
  if (!answer) return tl::unexpected(answer.error());
  const std::string_view said = Trimmed(*answer);  // nothing, if all is well
  if (said.empty()) return {};
  return Fail(ErrorCode::malformed_input, "HAProxy refuses a change of " + map_.string() + ": " +
                                              std::string(said.substr(0, 200)));
}

policy::Result<void> RuntimeMap::Replace(const std::vector<std::string>& keys) const {
  const auto prepared = Ask("prepare map " + map_.native());
  if (!prepared) return tl::unexpected(prepared.error());
  const auto version = NumberAfter(*prepared, "New version created: ");
  if (!version) return tl::unexpected(version.error());
  const std::string in_version = " map @" + std::to_string(*version) + " " + map_.native();
  std::string payload;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    payload.append(keys[i]).append(kValue);
    if (payload.size() < kPayloadMax && i + 1 < keys.size()) continue;
    if (auto ok = Tell("add" + in_version + " <<\n" + payload); !ok) {
      // What was prepared is of no use to anybody; HAProxy would keep it in memory.
      static_cast<void>(Tell("clear" + in_version));
      return ok;
    }
    payload.clear();
  }
  return Tell("commit" + in_version);
}

policy::Result<void> RuntimeMap::Add(const std::string& key) const {
  return Tell("add map " + map_.native() + " " + key + " 1");
}

policy::Result<void> RuntimeMap::Remove(const std::string& key) const {
  return Tell("del map " + map_.native() + " " + key);
}

policy::Result<bool> RuntimeMap::Finds(const std::string& key) const {
  const auto answer = Ask("get map " + map_.native() + " " + key);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->find("found=yes") != answer->npos) return true;
  if (answer->find("found=no") != answer->npos) return false;
  return Fail(ErrorCode::malformed_input, "HAProxy says of " + map_.string() + ": " +
                                              std::string(Trimmed(answer->substr(0, 200))));
}

policy::Result<std::uint64_t> RuntimeMap::Size() const {
  const auto maps = Ask("show map");
  if (!maps) return tl::unexpected(maps.error());
  const auto at = maps->find(" (" + map_.native() + ") ");
  if (at == maps->npos) {
    return Fail(ErrorCode::malformed_input,
                "HAProxy's configuration does not use " + map_.string() +
                    "; put the rules of docs/devices/haproxy.md into its frontends");
  }
  return NumberAfter(maps->substr(at, maps->find('\n', at) - at), "entry_cnt=");
}

policy::Result<std::vector<std::string>> RuntimeMap::Keys() const {
  // An unknown map is an error that looks like one entry.
  if (auto known = Size(); !known) return tl::unexpected(known.error());
  const auto answer = Ask("show map " + map_.native());
  if (!answer) return tl::unexpected(answer.error());
  std::vector<std::string> keys;
  for (std::string_view rest = *answer; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);  // "0x55819cece200 evil.example 1"
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const auto space = line.find(' ');
    if (space == line.npos) continue;
    const std::string_view key = line.substr(space + 1);
    keys.emplace_back(key.substr(0, key.find(' ')));
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

}  // namespace exporters::haproxy
