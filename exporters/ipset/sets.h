#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "exporters/ipset/settings.h"
#include "policy/ip_prefix.h"
#include "policy/result.h"

namespace exporters::ipset {

// What the kernel says of a set.
struct State {
  bool exists = false;
  std::size_t entries = 0;
  std::size_t references = 0;  // rules of iptables, and other sets, that use it
};

struct Contents {
  std::vector<policy::IpPrefix> prefixes;  // ascending
  std::uint64_t packets = 0;               // that rules found in them since they were written
};

// The two sets of type hash:net, by the ipset program.
class Sets {
 public:
  explicit Sets(const Settings& settings) : settings_(settings) {}

  std::string NameOf(policy::IpFamily family) const;
  std::vector<policy::IpFamily> families() const;

  policy::Result<std::string> Version() const;  // "ipset 7.17, Linux 6.1.0"
  policy::Result<State> StateOf(policy::IpFamily family) const;
  policy::Result<Contents> ContentsOf(policy::IpFamily family) const;

  // Makes those sets that are not there, empty. Changes nothing else.
  policy::Result<void> Ensure() const;

  // Fills a new set beside each and has them change places, so that rules see the old contents or
  // the new ones and nothing between. Each set must exist.
  policy::Result<void> Replace(const std::vector<policy::IpPrefix>& prefixes) const;

  // One by one, additions first. Fails at the first that the kernel refuses: what is added must not
  // be there, what is removed must be. Then some of them are done.
  policy::Result<void> Change(const std::vector<policy::IpPrefix>& added,
                              const std::vector<policy::IpPrefix>& removed) const;

 private:
  policy::Result<std::string> Run(const std::vector<std::string>& arguments,
                                  const std::string& input = "") const;
  std::string CreateLine(const std::string& name, policy::IpFamily family,
                         std::size_t entries) const;
  std::string AddLine(const std::string& name, const policy::IpPrefix& prefix) const;

  Settings settings_;
};

}  // namespace exporters::ipset
