#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/feeds/stix_pattern.h"
#include "policy/indicator.h"

namespace agent::feeds {

// A part of a pattern that gives no indicator.
struct StixRemainder {
  std::string_view reason;  // the class that is counted, a literal
  std::string detail;       // empty, or what is wrong with the value: the pattern is faulty then
  bool is_faulty() const { return !detail.empty(); }
};

struct StixFindings {
  std::vector<policy::Indicator> indicators;
  std::vector<StixRemainder> remainders;
};

// What to make of a pattern that names a port or protocol beside the address or name.
enum class StixPorts : std::uint8_t { refuse, drop };

// Takes from a pattern each network indicator that is enough by itself for the pattern to hold:
//
//   ipv4-addr:value, ipv6-addr:value, domain-name:value, url:value, network-traffic:dst_ref.value
//
// compared by `=`, IN or, for addresses, ISSUBSET; alone, or as an alternative (OR). A statement of
// the destination's type (dst_ref.type) may go along. Values may be defanged.
//
// Nothing else is taken. What holds only together with something else (AND, FOLLOWEDBY, repeated,
// within a time) would block more than the source accuses if it were torn out; likewise an address
// that is accused on one port only, unless `ports` is `drop`, for those whose devices know no ports
// and who want that.
StixFindings FindNetworkIndicators(const StixObservation& pattern, StixPorts ports);

}  // namespace agent::feeds
