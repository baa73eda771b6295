#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "exporters/nftables/sets.h"
#include "platform/file_descriptor.h"
#include "policy/result.h"

struct nlmsghdr;

namespace exporters::nftables {

// Changes of set elements that the kernel makes all at once or not at all. Elements are written
// straight into the messages: the nft program's own representation takes 380 bytes for each.
class Transaction {
 public:
  explicit Transaction(std::string table);

  // In this order a range can take the place of those that it overlaps.
  void Add(const SetChanges& changes);

  bool empty() const { return messages_ == 0; }
  // Closes the transaction; the sequence number of the message to be acknowledged is `last()`.
  const std::string& Finish();
  std::uint32_t last() const { return sequence_; }

 private:
  void AddElements(std::uint16_t message_type, std::uint16_t flags, SetId set,
                   const std::vector<Range>& ranges);

  std::string table_;
  std::string bytes_;
  std::size_t last_message_at_ = 0;
  std::size_t messages_ = 0;
  std::uint32_t sequence_ = 0;
};

// A connection to the kernel's nftables, in one network namespace. Not thread-safe.
//
// Errors: `not_allowed` without CAP_NET_ADMIN; `not_found` if table, set or element is not there;
// `conflict` if an element is there that should not be; `outcome_unknown` if the kernel's answer
// got lost.
class Netlink {
 public:
  static policy::Result<Netlink> Open(const std::string& network_namespace,
                                      std::chrono::seconds timeout);

  policy::Result<void> Commit(Transaction& transaction);

  // The kernel's count of changes to the namespace's ruleset, whoever made them, elements included:
  // as long as it stays the same, so does everything in it. A commit counts one.
  policy::Result<std::uint32_t> Generation();

  // What a set holds, as far as the kernel lists it: while a hash set grows, in the background
  // after a large addition, its listing can leave some out. Takes the kernel quadratic time (0.6 s
  // for 100,000 elements, 24 s for a million).
  policy::Result<std::vector<Range>> Elements(const std::string& table, SetId set);

  // For each address, where the element that matches it begins: itself in a hash set, its
  // interval's first address in an interval set. Nothing if none matches. Some microseconds each.
  using Matches = std::vector<std::optional<policy::Uint128>>;
  policy::Result<Matches> Match(const std::string& table, SetId set,
                                const std::vector<policy::Uint128>& addresses);

  // Sends a request with NLM_F_DUMP set, and calls `take` for each message of the answer.
  policy::Result<void> Dump(const nlmsghdr* request,
                            const std::function<void(const nlmsghdr*)>& take);

 private:
  explicit Netlink(platform::FileDescriptor socket) : socket_(std::move(socket)) {}
  policy::Result<void> Send(const void* bytes, std::size_t size);
  policy::Result<void> DumpOnce(const nlmsghdr* request,
                                const std::function<void(const nlmsghdr*)>& take,
                                bool* interrupted);
  policy::Result<void> MatchSome(const std::string& table, SetId set,
                                 const std::vector<policy::Uint128>& addresses, Matches& matches);
  policy::Result<std::size_t> Receive(bool wait);
  void Drain();
  std::uint32_t NextSequence() { return ++sequence_; }

  platform::FileDescriptor socket_;
  std::string buffer_;
  std::uint32_t sequence_ = 0;
};

}  // namespace exporters::nftables
