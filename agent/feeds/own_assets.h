#pragma once

#include <string_view>

#include "policy/allowlist_format.h"
#include "policy/result.h"

namespace agent::feeds {

// Reads an allowlist that an organisation keeps itself, in YAML, so that each entry says who
// answers for it:
//
//   entries:
//     - match: shop.example.co.jp   # a name, address or prefix
//       subtree: true               # a name's: speaks for the names below it too; default false
//       owner: web team             # required
//       reason: our shop            # required
//       expires: 2027-01-01         # or a time in RFC 3339; absent: it stays
//
// Such a list is written by hand, so it is all right or `malformed_input`, which names every
// mistake by line and column: an entry left out for a typing error would be a site to be blocked.
policy::Result<policy::ParsedAllowlist> ParseOwnAssets(std::string_view bytes);

}  // namespace agent::feeds
