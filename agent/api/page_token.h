#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/result.h"

namespace agent::api {

// Where the next page starts, as text that callers hand back unread: base64url of a fingerprint of
// the query and the cursor's numbers. Not a secret, and never trusted.
std::string WritePageToken(std::string_view query, const std::vector<std::int64_t>& cursor);

// `malformed_input` unless WritePageToken can have written it for the same query, with `size`
// numbers.
policy::Result<std::vector<std::int64_t>> ReadPageToken(std::string_view token,
                                                        std::string_view query, std::size_t size);

// The page size to use where `wanted` were asked for; 0 stands for the default.
std::size_t PageLimit(std::uint32_t wanted, std::size_t by_default, std::size_t limit_max);

}  // namespace agent::api
