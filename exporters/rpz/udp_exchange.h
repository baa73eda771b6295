#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "exporters/rpz/endpoint.h"
#include "policy/result.h"

namespace exporters::rpz {

// Sends a DNS message once over UDP and gives the first one that comes back from there.
// `unavailable` if none comes within `timeout`.
policy::Result<std::string> ExchangeByUdp(const Endpoint& endpoint, std::string_view wire,
                                          std::chrono::milliseconds timeout);

}  // namespace exporters::rpz
