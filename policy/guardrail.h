#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "policy/indicator.h"

namespace policy {

// The widest that may ever be blocked, whoever approves it.
struct BreadthLimits {
  int ipv4_length_min = 16;
  int ipv6_length_min = 32;
  // Wider than this needs two approvers.
  int ipv4_length_two_approvers = 24;
  int ipv6_length_two_approvers = 64;
};

// Why `indicator` is too broad to block at all, if it is.
std::optional<std::string> TooBroad(const Indicator& indicator, const BreadthLimits& limits);
bool NeedsTwoApprovers(const Indicator& indicator, const BreadthLimits& limits);

// How much of a list may change at once without a person looking.
struct ChangeLimits {
  int removed_percent_max = 30;
  int added_percent_max = 200;
  std::size_t entries_min = 50;  // smaller changes pass: a share of a short list means nothing
};

// Why a change from `before` entries is too large to pass by itself, if it is.
std::optional<std::string> TooLargeAChange(std::size_t before, std::size_t added,
                                           std::size_t removed, const ChangeLimits& limits);

}  // namespace policy
