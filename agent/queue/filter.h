#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "agent/store/store.h"
#include "policy/indicator.h"
#include "policy/result.h"

namespace agent::queue {

// What filters ask for that is not in a proposal and changes all the time.
struct Present {
  // As in store::ProposalQuery; empty where no log of our own traffic is followed.
  std::function<std::int64_t(policy::IndicatorKind, std::string_view text)> clients_of;
  // Everything whose block would block what an open unblock request is about. Called only for a
  // filter that asks for it.
  std::function<policy::Result<std::vector<policy::Indicator>>()> requested;
};

// Reads the queue's filter language (docs/queue_filter.md): terms separated by spaces, all of which
// must hold.
//
//   kind:ip feed:urlhaus threat:c2 malware:emotet campaign:"Operation X" state:deferred
//   reason:review-hit two:yes online:yes within:evil.example within:192.0.2.0/24 age<2h hits>=10
//   confidence>=80 confidence<50 clients>5 requests:yes login "a text with spaces"
//
// A bare word is a part of the indicator. Without `state:` only pending proposals match. An error
// is `malformed_input` and names the column, from 1.
// What has to be known at `present` and is not is an error, too.
policy::Result<store::ProposalQuery> ParseFilter(std::string_view text, policy::TimePoint now,
                                                 const Present& present = {});

}  // namespace agent::queue
