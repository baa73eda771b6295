#include "policy/guardrail.h"

namespace policy {
namespace {

const IpPrefix* WiderThan(const Indicator& indicator, int ipv4_length, int ipv6_length) {
  const auto* prefix = std::get_if<IpPrefix>(&indicator);
  if (prefix == nullptr) return nullptr;
  const int length = prefix->family() == IpFamily::v4 ? ipv4_length : ipv6_length;
  return prefix->length() < length ? prefix : nullptr;
}

// Whether `part` is more than `percent` of `whole`, without overflow.
bool ExceedsShare(std::size_t part, std::size_t whole, int percent) {
  return static_cast<Uint128>(part) * 100 >
         static_cast<Uint128>(whole) * static_cast<Uint128>(percent < 0 ? 0 : percent);
}

std::string Describe(std::string_view verb, std::size_t part, std::size_t whole, int percent) {
  return std::string(verb) + " " + std::to_string(part) + " of " + std::to_string(whole) +
         " entries, which is more than " + std::to_string(percent) +
         " %: a person has to look at it and release it";
}

}  // namespace

std::optional<std::string> TooBroad(const Indicator& indicator, const BreadthLimits& limits) {
  const IpPrefix* prefix = WiderThan(indicator, limits.ipv4_length_min, limits.ipv6_length_min);
  if (prefix == nullptr) return std::nullopt;
  const int length =
      prefix->family() == IpFamily::v4 ? limits.ipv4_length_min : limits.ipv6_length_min;
  return prefix->ToString() + " is wider than /" + std::to_string(length) +
         ", the widest that may be blocked.";
}

bool NeedsTwoApprovers(const Indicator& indicator, const BreadthLimits& limits) {
  return WiderThan(indicator, limits.ipv4_length_two_approvers, limits.ipv6_length_two_approvers) !=
         nullptr;
}

std::optional<std::string> TooLargeAChange(std::size_t before, std::size_t added,
                                           std::size_t removed, const ChangeLimits& limits) {
  if (before < limits.entries_min) return std::nullopt;
  if (ExceedsShare(removed, before, limits.removed_percent_max)) {
    return Describe("removes", removed, before, limits.removed_percent_max);
  }
  if (ExceedsShare(added, before, limits.added_percent_max)) {
    return Describe("adds to the list", added, before, limits.added_percent_max);
  }
  return std::nullopt;
}

}  // namespace policy
