#pragma once

#include <cstddef>
#include <string_view>

#include "agent/feeds/feed_snapshot.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::feeds {

struct SuricataOptions {
  // Take a content for a whole name or path though it is not tied to both ends of it. Off, since
  // such a content may be any part: "login.evil" of "login.evil.example".
  bool unanchored = false;
};

// Reads rules of Suricata 4 to 8 as a list of indicators. Only rules of action alert, drop or
// reject count, and only if what they match is an indicator and nothing else:
//
//   dns.query, tls.sni, http.host  one content, a name or address, tied to both ends by bsize,
//                                  startswith and endswith, depth and endswith, dotprefix, or a
//                                  leading dot and endswith (a leading dot means the names below)
//   http.host with http.uri        a URL, its scheme http
//   a list of addresses in the     each of them, if the other side is a variable or "any" and the
//   header                         rule looks at nothing else
//
// A method, a flow, thresholds and what only describes are let pass. All else (pcre, a negated or
// second content, flowbits that are asked for, ...) makes the rule say more than a list can, and it
// is passed over under that reason. "#" starts a comment, disabled rules too; "\" at the end of a
// line joins it with the next.
//
// Rules know no times that can be trusted to be of the indicator: what the file holds was seen at
// `fetched_at`.
policy::Result<FeedSnapshot> ParseSuricataRules(std::string_view bytes,
                                                policy::TimePoint fetched_at, std::size_t rows_max,
                                                const SuricataOptions& options = {});

}  // namespace agent::feeds
