#pragma once

#include <cstddef>
#include <string>

#include "agent/world.h"
#include "sekisho/v1/allowlist.pb.h"

namespace agent::api {

// Up to `limit` entries that have to do with `query`: where it is an indicator, those that it
// touches, then those near it; then those that hold the text. Asks every entry: 0.1 s for a
// million.
sekisho::v1::SearchAllowlistsResponse Search(const World& world, const std::string& query,
                                             std::size_t limit);

}  // namespace agent::api
