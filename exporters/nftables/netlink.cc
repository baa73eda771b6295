#include "exporters/nftables/netlink.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <libnftnl/common.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "exporters/network_namespace.h"

namespace exporters::nftables {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Uint128;

// A netlink attribute counts its bytes in 16 bits, and all elements of a message are in one.
constexpr std::size_t kElementsBytesMax = 60'000;
constexpr std::size_t kReceiveBytes = std::size_t{1} << 20;
constexpr int kDumpsMax = 5;
// Their answers wait in the socket's receive buffer, each taking a kilobyte there.
constexpr std::size_t kLookupsAtOnce = 256;

using Key = std::array<std::uint8_t, 16>;

// Network order, in the first `size` octets.
Key KeyOf(Uint128 address, std::size_t size) {
  Key key{};
  for (std::size_t i = 0; i < size; ++i) {
    key[i] = static_cast<std::uint8_t>(address >> (8 * (size - 1 - i)));
  }
  return key;
}

Uint128 AddressOf(const std::uint8_t* key, std::size_t size) {
  Uint128 address = 0;
  for (std::size_t i = 0; i < size; ++i) address = address << 8 | key[i];
  return address;
}

Uint128 LastAddress(SetId set) {
  return IsV4(set) ? Uint128{0xffffffff} : ~Uint128{0};
}

void PutElement(nlmsghdr* message, SetId set, Uint128 address, std::uint32_t flags) {
  const Key key = KeyOf(address, KeySize(set));
  nlattr* const element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
  if (flags != 0) mnl_attr_put_u32(message, NFTA_SET_ELEM_FLAGS, htonl(flags));
  nlattr* const data = mnl_attr_nest_start(message, NFTA_SET_ELEM_KEY);
  mnl_attr_put(message, NFTA_DATA_VALUE, KeySize(set), key.data());
  mnl_attr_nest_end(message, data);
  mnl_attr_nest_end(message, element);
}

// An interval is its first address and, flagged, the one behind its last.
void PutRange(nlmsghdr* message, SetId set, const Range& range) {
  PutElement(message, set, range.first, 0);
  if (IsInterval(set) && range.last != LastAddress(set)) {
    PutElement(message, set, range.last + 1, NFT_SET_ELEM_INTERVAL_END);
  }
}

void PutSetName(nlmsghdr* message, const std::string& table, SetId set) {
  mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, table.c_str());
  mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, NameOf(set));
}

policy::Result<void> KernelError(int error, const std::string& what) {
  const std::string text = what + ": the kernel says: " + std::strerror(error);
  switch (error) {
    case ENOENT: return Fail(ErrorCode::not_found, text);
    case EEXIST: return Fail(ErrorCode::conflict, text);
    case EPERM: return Fail(ErrorCode::not_allowed, text + "; it takes CAP_NET_ADMIN");
    default: return Fail(ErrorCode::unavailable, text);
  }
}

// The errno of an NLMSG_ERROR; 0 for an acknowledgement.
int ErrorOf(const nlmsghdr* message) {
  const auto* error = static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message));
  return -error->error;
}

// One end of an interval as the kernel lists it.
struct Point {
  Uint128 address;
  bool is_end;
};

// libmnl's own loops are macros for C.
template <class Visit>
void ForEachAttribute(const void* data, std::size_t size, const Visit& visit) {
  const auto* attribute = static_cast<const nlattr*>(data);
  for (int left = static_cast<int>(size); mnl_attr_ok(attribute, left);) {
    visit(attribute);
    left -= static_cast<int>(MNL_ALIGN(attribute->nla_len));
    attribute = mnl_attr_next(attribute);
  }
}

template <class Visit>
void ForEachNested(const nlattr* attribute, const Visit& visit) {
  ForEachAttribute(mnl_attr_get_payload(attribute), mnl_attr_get_payload_len(attribute), visit);
}

Point PointOf(const nlattr* element, SetId set) {
  Point point{0, false};
  ForEachNested(element, [&](const nlattr* part) {
    const auto type = mnl_attr_get_type(part);
    if (type == NFTA_SET_ELEM_FLAGS && mnl_attr_get_payload_len(part) >= 4) {
      point.is_end = (ntohl(mnl_attr_get_u32(part)) & NFT_SET_ELEM_INTERVAL_END) != 0;
    } else if (type == NFTA_SET_ELEM_KEY) {
      ForEachNested(part, [&](const nlattr* value) {
        if (mnl_attr_get_payload_len(value) < KeySize(set)) return;
        const auto* key = static_cast<const std::uint8_t*>(mnl_attr_get_payload(value));
        point.address = AddressOf(key, KeySize(set));
      });
    }
  });
  return point;
}

// Calls `take` for each element of a message that lists some.
template <class Take>
void ForEachElement(const nlmsghdr* message, SetId set, const Take& take) {
  if (message->nlmsg_len < sizeof(nlmsghdr) + sizeof(nfgenmsg)) return;
  const auto* payload =
      static_cast<const char*>(mnl_nlmsg_get_payload_offset(message, sizeof(nfgenmsg)));
  const std::size_t size = message->nlmsg_len - sizeof(nlmsghdr) - sizeof(nfgenmsg);
  ForEachAttribute(payload, size, [&](const nlattr* attribute) {
    if (mnl_attr_get_type(attribute) != NFTA_SET_ELEM_LIST_ELEMENTS) return;
    ForEachNested(attribute, [&](const nlattr* element) { take(PointOf(element, set)); });
  });
}

std::vector<Range> RangesOf(std::vector<Point> points, SetId set) {
  std::sort(points.begin(), points.end(), [](const Point& a, const Point& b) {
    return a.address != b.address ? a.address < b.address : a.is_end > b.is_end;
  });
  std::vector<Range> ranges;
  ranges.reserve(IsInterval(set) ? points.size() / 2 : points.size());
  bool open = false;
  for (const Point& point : points) {
    if (!IsInterval(set)) {
      ranges.push_back({point.address, point.address});
    } else if (!point.is_end) {
      ranges.push_back({point.address, LastAddress(set)});
      open = true;
    } else if (open) {
      ranges.back().last = point.address - 1;
      open = false;
    }
  }
  // A listing that ran while its set grew can name an element twice.
  ranges.erase(std::unique(ranges.begin(), ranges.end()), ranges.end());
  return ranges;
}

}  // namespace

Transaction::Transaction(std::string table) : table_(std::move(table)) {
  std::array<char, 256> buffer{};
  nftnl_batch_begin(buffer.data(), sequence_++);
  bytes_.append(buffer.data(), reinterpret_cast<nlmsghdr*>(buffer.data())->nlmsg_len);
}

void Transaction::AddElements(std::uint16_t message_type, std::uint16_t flags, SetId set,
                              const std::vector<Range>& ranges) {
  std::string buffer(kElementsBytesMax + 4096, '\0');
  for (std::size_t i = 0; i < ranges.size();) {
    nlmsghdr* const message =
        nftnl_nlmsg_build_hdr(buffer.data(), message_type, NFPROTO_INET, flags, ++sequence_);
    PutSetName(message, table_, set);
    nlattr* const elements = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
    for (; i < ranges.size() && message->nlmsg_len < kElementsBytesMax; ++i) {
      PutRange(message, set, ranges[i]);
    }
    mnl_attr_nest_end(message, elements);
    last_message_at_ = bytes_.size();
    bytes_.append(buffer.data(), message->nlmsg_len);
    ++messages_;
  }
}

void Transaction::Add(const SetChanges& changes) {
  for (const SetId set : kSets) {
    AddElements(NFT_MSG_DELSETELEM, 0, set, changes.removed[set]);
  }
  for (const SetId set : kSets) {
    AddElements(NFT_MSG_NEWSETELEM, NLM_F_CREATE, set, changes.added[set]);
  }
}

const std::string& Transaction::Finish() {
  // Only the last change asks for an acknowledgement; failures are reported unasked.
  nlmsghdr header;
  std::memcpy(&header, bytes_.data() + last_message_at_, sizeof header);
  header.nlmsg_flags |= NLM_F_ACK;
  std::memcpy(bytes_.data() + last_message_at_, &header, sizeof header);
  std::array<char, 256> buffer{};
  nftnl_batch_end(buffer.data(), sequence_ + 1);
  bytes_.append(buffer.data(), reinterpret_cast<nlmsghdr*>(buffer.data())->nlmsg_len);
  return bytes_;
}

policy::Result<Netlink> Netlink::Open(const std::string& network_namespace,
                                      std::chrono::seconds timeout) {
  platform::FileDescriptor fd;
  const auto entered = InNamespace(network_namespace, [&] {
    fd = platform::FileDescriptor(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
  });
  if (!entered) return tl::unexpected(entered.error());
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  if (!fd.valid() ||
      bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return Fail(ErrorCode::unavailable,
                std::string("cannot open a netlink socket: ") + std::strerror(errno));
  }
  const timeval wait{static_cast<time_t>(timeout.count()), 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  // Otherwise a failure echoes the whole message that failed.
  const int on = 1;
  setsockopt(fd.get(), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  const int receive_bytes = static_cast<int>(kReceiveBytes) * 4;
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &receive_bytes, sizeof receive_bytes);
  Netlink netlink(std::move(fd));
  netlink.buffer_.resize(kReceiveBytes);
  return netlink;
}

policy::Result<void> Netlink::Send(const void* bytes, std::size_t size) {
  Drain();
  // The kernel takes a batch only as one message, and that only if the socket's buffer is larger.
  const int send_bytes = static_cast<int>(std::min<std::size_t>(size + 65536, 1 << 30));
  if (size > 65536) {
    setsockopt(socket_.get(), SOL_SOCKET, SO_SNDBUFFORCE, &send_bytes, sizeof send_bytes);
  }
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  const auto sent = sendto(socket_.get(), bytes, size, 0,
                           reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel);
  if (sent == static_cast<ssize_t>(size)) return {};
  return KernelError(errno, "cannot send " + std::to_string(size) + " bytes by netlink");
}

// Leftovers of an earlier answer that was given up on.
void Netlink::Drain() {
  while (recv(socket_.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT) > 0) {
  }
}

// 0 if nothing is there and we don't wait.
policy::Result<std::size_t> Netlink::Receive(bool wait) {
  for (;;) {
    const auto got = recv(socket_.get(), buffer_.data(), buffer_.size(), wait ? 0 : MSG_DONTWAIT);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno == EINTR) continue;
    if (errno == EAGAIN && !wait) return std::size_t{0};
    return Fail(ErrorCode::outcome_unknown,
                std::string("the kernel's answer got lost: ") + std::strerror(errno));
  }
}

policy::Result<void> Netlink::Commit(Transaction& transaction) {
  if (transaction.empty()) return {};
  const std::string& bytes = transaction.Finish();
  if (auto ok = Send(bytes.data(), bytes.size()); !ok) return ok;
  bool acknowledged = false;
  int first_error = 0;
  // The kernel works through the batch within sendto: its answers are there by now.
  for (;;) {
    const auto got = Receive(false);
    if (!got) return tl::unexpected(got.error());
    if (*got == 0) break;
    int size = static_cast<int>(*got);
    for (const auto* message = reinterpret_cast<const nlmsghdr*>(buffer_.data());
         mnl_nlmsg_ok(message, size); message = mnl_nlmsg_next(message, &size)) {
      if (message->nlmsg_type != NLMSG_ERROR) continue;
      const int error = ErrorOf(message);
      if (error != 0 && first_error == 0) first_error = error;
      if (error == 0 && message->nlmsg_seq == transaction.last()) acknowledged = true;
    }
  }
  if (first_error != 0) return KernelError(first_error, "the transaction was refused as a whole");
  if (acknowledged) return {};
  return Fail(ErrorCode::outcome_unknown, "the kernel acknowledged nothing");
}

policy::Result<std::uint32_t> Netlink::Generation() {
  std::array<char, 256> request{};
  nlmsghdr* const message =
      nftnl_nlmsg_build_hdr(request.data(), NFT_MSG_GETGEN, NFPROTO_UNSPEC, 0, NextSequence());
  if (auto ok = Send(message, message->nlmsg_len); !ok) return tl::unexpected(ok.error());
  const auto got = Receive(true);
  if (!got) return Fail(ErrorCode::unavailable, got.error().detail);
  const auto* answer = reinterpret_cast<const nlmsghdr*>(buffer_.data());
  std::optional<std::uint32_t> generation;
  if (mnl_nlmsg_ok(answer, static_cast<int>(*got)) && answer->nlmsg_type != NLMSG_ERROR &&
      answer->nlmsg_len >= sizeof(nlmsghdr) + sizeof(nfgenmsg)) {
    ForEachAttribute(
        mnl_nlmsg_get_payload_offset(answer, sizeof(nfgenmsg)),
        answer->nlmsg_len - sizeof(nlmsghdr) - sizeof(nfgenmsg), [&](const nlattr* part) {
          if (mnl_attr_get_type(part) == NFTA_GEN_ID && mnl_attr_get_payload_len(part) >= 4) {
            generation = ntohl(mnl_attr_get_u32(part));
          }
        });
  }
  if (generation) return *generation;
  return Fail(ErrorCode::unavailable, "the kernel does not tell its ruleset's generation");
}

policy::Result<void> Netlink::DumpOnce(const nlmsghdr* request,
                                       const std::function<void(const nlmsghdr*)>& take,
                                       bool* interrupted) {
  if (auto ok = Send(request, request->nlmsg_len); !ok) return ok;
  for (;;) {
    const auto got = Receive(true);
    if (!got) return Fail(ErrorCode::unavailable, got.error().detail);
    int size = static_cast<int>(*got);
    for (const auto* message = reinterpret_cast<const nlmsghdr*>(buffer_.data());
         mnl_nlmsg_ok(message, size); message = mnl_nlmsg_next(message, &size)) {
      if ((message->nlmsg_flags & NLM_F_DUMP_INTR) != 0) *interrupted = true;
      if (message->nlmsg_type == NLMSG_DONE) return {};
      if (message->nlmsg_type == NLMSG_ERROR) {
        const int error = ErrorOf(message);
        if (error == 0) return {};
        if (error == EINTR) {
          *interrupted = true;
          return {};
        }
        return KernelError(error, "cannot list");
      }
      take(message);
    }
  }
}

policy::Result<void> Netlink::Dump(const nlmsghdr* request,
                                   const std::function<void(const nlmsghdr*)>& take) {
  bool interrupted = false;
  if (auto ok = DumpOnce(request, take, &interrupted); !ok) return ok;
  if (!interrupted) return {};
  return Fail(ErrorCode::conflict, "the ruleset changed while it was read; read it again");
}

policy::Result<std::vector<Range>> Netlink::Elements(const std::string& table, SetId set) {
  for (int i = 0; i < kDumpsMax; ++i) {
    std::array<char, 1024> request{};
    nlmsghdr* const message = nftnl_nlmsg_build_hdr(request.data(), NFT_MSG_GETSETELEM,
                                                    NFPROTO_INET, NLM_F_DUMP, NextSequence());
    PutSetName(message, table, set);
    std::vector<Point> points;
    const auto ok = Dump(message, [&](const nlmsghdr* answer) {
      ForEachElement(answer, set, [&](const Point& point) { points.push_back(point); });
    });
    if (ok) return RangesOf(std::move(points), set);
    if (ok.error().code != ErrorCode::conflict) return tl::unexpected(ok.error());
  }
  return Fail(ErrorCode::unavailable, std::string("the set ") + NameOf(set) +
                                          " kept changing while it was read: somebody else writes");
}

policy::Result<Netlink::Matches> Netlink::Match(const std::string& table, SetId set,
                                                const std::vector<Uint128>& addresses) {
  Matches matches;
  matches.reserve(addresses.size());
  while (matches.size() < addresses.size()) {
    if (auto ok = MatchSome(table, set, addresses, matches); !ok) return tl::unexpected(ok.error());
  }
  return matches;
}

// Asks for the next addresses at once. The kernel answers each with a message, in order, up to the
// first that has no match.
policy::Result<void> Netlink::MatchSome(const std::string& table, SetId set,
                                        const std::vector<Uint128>& addresses, Matches& matches) {
  std::array<char, kLookupsAtOnce * 64 + 1024> request{};
  nlmsghdr* const message =
      nftnl_nlmsg_build_hdr(request.data(), NFT_MSG_GETSETELEM, NFPROTO_INET, 0, NextSequence());
  PutSetName(message, table, set);
  nlattr* const elements = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
  const std::size_t end = std::min(addresses.size(), matches.size() + kLookupsAtOnce);
  for (std::size_t i = matches.size(); i < end; ++i) PutElement(message, set, addresses[i], 0);
  mnl_attr_nest_end(message, elements);
  if (auto ok = Send(message, message->nlmsg_len); !ok) return ok;
  while (matches.size() < end) {
    const auto got = Receive(true);
    if (!got) return Fail(ErrorCode::unavailable, got.error().detail);
    int size = static_cast<int>(*got);
    for (const auto* answer = reinterpret_cast<const nlmsghdr*>(buffer_.data());
         mnl_nlmsg_ok(answer, size); answer = mnl_nlmsg_next(answer, &size)) {
      if (answer->nlmsg_type == NLMSG_ERROR) {
        const int error = ErrorOf(answer);
        if (error != ENOENT) return KernelError(error, "cannot look up an element");
        matches.emplace_back();
        return {};
      }
      ForEachElement(answer, set, [&](const Point& point) { matches.emplace_back(point.address); });
    }
  }
  return {};
}

}  // namespace exporters::nftables
