#include "tests/peers/netns.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <functional>
#include <sstream>
#include <thread>
#include <utility>
#include <vector>

#include "platform/subprocess.h"
#include "tests/peers/peers.h"

namespace peers {
namespace {

using platform::FileDescriptor;
using policy::ErrorCode;
using policy::Fail;

constexpr std::uint16_t kPort = 80;
const std::string kInsideMac = "02:00:00:00:00:01";
const std::string kOutsideMac = "02:00:00:00:00:02";
constexpr std::chrono::milliseconds kPatience{400};  // a dropped packet is never answered

void Within(const std::string& network_namespace, const std::function<void()>& work) {
  std::thread([&] {
    const FileDescriptor fd(
        open(("/run/netns/" + network_namespace).c_str(), O_RDONLY | O_CLOEXEC));
    if (fd.valid() && setns(fd.get(), CLONE_NEWNET) == 0) work();
  }).join();
}

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* any() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

Address AddressOf(const std::string& text, std::uint16_t port) {
  Address address;
  if (text.find(':') == std::string::npos) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(address.storage);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    inet_pton(AF_INET, text.c_str(), &v4.sin_addr);
    address.size = sizeof v4;
  } else {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(address.storage);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr);
    address.size = sizeof v6;
  }
  return address;
}

// The kernel answers for a listening socket; nobody needs to accept.
FileDescriptor Listen(const std::string& network_namespace) {
  FileDescriptor fd;
  Within(network_namespace, [&] {
    fd = FileDescriptor(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const Address any = AddressOf("::", kPort);
    if (bind(fd.get(), any.any(), any.size) != 0 || listen(fd.get(), 4096) != 0) fd.Close();
  });
  return fd;
}

// `from` may be empty.
bool Connects(const std::string& network_namespace, const std::string& from,
              const std::string& to) {
  bool connected = false;
  Within(network_namespace, [&] {
    const Address there = AddressOf(to, kPort);
    const FileDescriptor fd(
        socket(there.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!from.empty()) {
      const Address here = AddressOf(from, 0);
      // A local route makes an IPv4 address one's own, but not an IPv6 one.
      const int yes = 1;
      setsockopt(fd.get(), IPPROTO_IPV6, IPV6_FREEBIND, &yes, sizeof yes);
      if (bind(fd.get(), here.any(), here.size) != 0) return;
    }
    if (connect(fd.get(), there.any(), there.size) != 0 && errno != EINPROGRESS) return;
    pollfd poll_fd{fd.get(), POLLOUT, 0};
    int error = 0;
    socklen_t size = sizeof error;
    connected = poll(&poll_fd, 1, static_cast<int>(kPatience.count())) == 1 &&
                getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
  });
  return connected;
}

}  // namespace

NetworkPair::NetworkPair(std::filesystem::path ip, std::string inside, std::string outside)
    : ip_(std::move(ip)), inside_(std::move(inside)), outside_(std::move(outside)) {}

policy::Result<std::unique_ptr<NetworkPair>> NetworkPair::Make() {
  static std::atomic<int> count = 0;
  const auto ip = Find("ip");
  if (!ip) {
    return Fail(ErrorCode::not_found, "no ip program; run ./dev test, or deploy/dev/peers.sh");
  }
  if (geteuid() != 0) return Fail(ErrorCode::not_allowed, "making network namespaces takes root");
  const std::string name = "sekisho-" + std::to_string(getpid()) + "-" + std::to_string(count++);
  std::unique_ptr<NetworkPair> pair(new NetworkPair(*ip, name + "-in", name + "-out"));
  if (auto ok = pair->SetUp(); !ok) return Fail(ErrorCode::not_allowed, ok.error().detail);
  return pair;
}

policy::Result<void> NetworkPair::SetUp() {
  const std::string in = "-n " + inside_ + " ";
  const std::string out = "-n " + outside_ + " ";
  const std::vector<std::string> commands{
      "netns add " + inside_,
      "netns add " + outside_,
      in + "link add cable address " + kInsideMac + " type veth peer name cable address " +
          kOutsideMac + " netns " + outside_,
      in + "link set lo up",
      in + "link set cable up",
      out + "link set lo up",
      out + "link set cable up",
      in + "addr add 192.0.2.1/24 dev cable",
      out + "addr add 192.0.2.2/24 dev cable",
      in + "addr add 2001:db8:1::1/64 dev cable nodad",
      out + "addr add 2001:db8:1::2/64 dev cable nodad",
      // Nobody looks for a neighbour: a fresh cable takes seconds until it may in IPv6, and what a
      // firewall drops would count as one that is gone.
      in + "neigh add 192.0.2.2 lladdr " + kOutsideMac + " dev cable nud permanent",
      in + "neigh add 2001:db8:1::2 lladdr " + kOutsideMac + " dev cable nud permanent",
      out + "neigh add 192.0.2.1 lladdr " + kInsideMac + " dev cable nud permanent",
      out + "neigh add 2001:db8:1::1 lladdr " + kInsideMac + " dev cable nud permanent",
      in + "route add default via 192.0.2.2",
      in + "route add default via 2001:db8:1::2",
      out + "route add local 198.51.100.0/24 dev lo",
      out + "route add local 203.0.113.0/24 dev lo",
      out + "route add local 2001:db8:2::/48 dev lo",
  };
  for (const std::string& command : commands) {
    if (auto ok = Ip(command); !ok) return ok;
  }
  outside_listener_ = Listen(outside_);
  inside_listener_ = Listen(inside_);
  if (outside_listener_.valid() && inside_listener_.valid()) return {};
  return Fail(ErrorCode::unavailable, "cannot listen in the new namespaces");
}

policy::Result<void> NetworkPair::Ip(const std::string& arguments) const {
  std::vector<std::string> argv{ip_.string()};
  std::istringstream words(arguments);
  for (std::string word; words >> word;) argv.push_back(word);
  const auto output = platform::Run(argv, {});
  if (!output) return tl::unexpected(output.error());
  if (output->exit_code == 0) return {};
  return Fail(ErrorCode::unavailable, "ip " + arguments + ": " + output->err);
}

NetworkPair::~NetworkPair() {
  for (const std::string& name : {inside_, outside_}) {
    (void)Ip("netns del " + name).has_value();
  }
}

std::unique_ptr<NetworkPair::Stay> NetworkPair::GoInside() const {
  FileDescriptor home(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  const FileDescriptor there(open(("/run/netns/" + inside_).c_str(), O_RDONLY | O_CLOEXEC));
  if (!home.valid() || !there.valid() || setns(there.get(), CLONE_NEWNET) != 0) return nullptr;
  return std::unique_ptr<Stay>(new Stay(std::move(home)));
}

NetworkPair::Stay::~Stay() {
  setns(home_.get(), CLONE_NEWNET);
}

bool NetworkPair::Reaches(const std::string& address) const {
  return Connects(inside_, "", address);
}

bool NetworkPair::IsReachedFrom(const std::string& address) const {
  return Connects(outside_, address,
                  address.find(':') == std::string::npos ? "192.0.2.1" : "2001:db8:1::1");
}

}  // namespace peers
