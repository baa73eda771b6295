#pragma once

#include <span>
#include <string>

#include "policy/allowlist_format.h"

namespace agent {

// What the history tells of a new version of an allowlist: a JSON object with the number of
// entries, of those added and removed since `before` (null for the first version), of those that
// had expired when it came, an example of up to 20 of each, and `entries_sha256`: of the entries'
// texts (policy::TextOf), sorted, each with a line feed. docs/history_format.md.
//
// An entry whose owner, reason or expiry is another is removed and added. Empty if the versions are
// equal and nothing expired.
std::string DescribeAllowlistChange(const policy::ParsedAllowlist* before,
                                    const policy::ParsedAllowlist& after,
                                    std::span<const policy::AllowEntry> expired);

// What it tells of entries of one list that expired as time passed.
std::string DescribeExpiry(std::span<const policy::AllowEntry> expired);

}  // namespace agent
