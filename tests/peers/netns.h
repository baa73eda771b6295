#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "platform/file_descriptor.h"
#include "policy/result.h"

namespace peers {

// Two network namespaces with a cable (a veth pair) between them, away from the machine's own
// network: `inside` is the site whose firewall is tested, `outside` the Internet. Outside answers
// on TCP port 80 for every address of 198.51.100.0/24, 203.0.113.0/24 and 2001:db8:2::/48. Gone
// with the object.
class NetworkPair {
 public:
  // `not_found` without the ip program, `not_allowed` without the right to make namespaces: the
  // test should then skip.
  static policy::Result<std::unique_ptr<NetworkPair>> Make();
  NetworkPair(const NetworkPair&) = delete;
  NetworkPair& operator=(const NetworkPair&) = delete;
  ~NetworkPair();

  // Takes the calling thread inside, and what it starts from then on, until the guard is dropped on
  // the same thread. Null if that fails.
  class Stay;
  std::unique_ptr<Stay> GoInside() const;

  // Names as in `ip netns`.
  const std::string& inside() const { return inside_; }
  const std::string& outside() const { return outside_; }

  // Whether somebody inside reaches `address` outside.
  bool Reaches(const std::string& address) const;
  // Whether somebody outside, from `address`, reaches TCP port 80 inside.
  bool IsReachedFrom(const std::string& address) const;

 private:
  NetworkPair(std::filesystem::path ip, std::string inside, std::string outside);
  policy::Result<void> SetUp();
  policy::Result<void> Ip(const std::string& arguments) const;

  std::filesystem::path ip_;
  std::string inside_;
  std::string outside_;
  platform::FileDescriptor outside_listener_;
  platform::FileDescriptor inside_listener_;
};

class NetworkPair::Stay {
 public:
  Stay(const Stay&) = delete;
  Stay& operator=(const Stay&) = delete;
  ~Stay();

 private:
  friend class NetworkPair;
  explicit Stay(platform::FileDescriptor home) : home_(std::move(home)) {}
  platform::FileDescriptor home_;
};

}  // namespace peers
