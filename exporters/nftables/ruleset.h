#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "exporters/nftables/netlink.h"
#include "exporters/nftables/settings.h"
#include "policy/result.h"

namespace exporters::nftables {

// The table around the elements, as the kernel has it: whether each chain is hooked in and holds
// exactly our rules, each of which drops what is in one of our sets.
struct RulesetState {
  bool sets_fit = false;  // all four are there, of the right type
  // The kernel refuses to wake a table in the transaction that replaces its chains.
  bool dormant = false;
  std::vector<std::string> our_chains;  // those that exist
  std::uint64_t packets = 0;            // that our rules dropped since they were made
  std::vector<std::string> deviations;  // for people; empty if all is as it should be

  bool KeepsElements() const { return sets_fit && !dormant; }  // when RulesetScript has run
};

policy::Result<RulesetState> ReadRuleset(Netlink& netlink, const Settings& settings);

// An nft script that makes the table as it should be, in one transaction. Unless KeepsElements, the
// whole table is made anew, with empty sets.
std::string RulesetScript(const Settings& settings, const RulesetState& state);

}  // namespace exporters::nftables
