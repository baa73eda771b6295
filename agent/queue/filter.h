#pragma once

#include <string_view>

#include "agent/store/store.h"
#include "policy/result.h"

namespace agent::queue {

// Reads the queue's filter language (docs/queue_filter.md): terms separated by spaces, all of which
// must hold.
//
//   kind:ip feed:urlhaus threat:c2 malware:emotet state:deferred reason:review-hit two:yes
//   online:yes within:evil.example within:192.0.2.0/24 age<2h hits>=10 confidence>=80 confidence<50
//   login "a text with spaces"
//
// A bare word is a part of the indicator. Without `state:` only pending proposals match. An error
// is `malformed_input` and names the column, from 1.
policy::Result<store::ProposalQuery> ParseFilter(std::string_view text, policy::TimePoint now);

}  // namespace agent::queue
