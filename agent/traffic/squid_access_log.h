#pragma once

#include <string_view>

#include "agent/traffic/request.h"

namespace agent::traffic {

// Reads a line of Squid's access log in its native format (`logformat squid`): which host a client
// went to; the URL, where it was plain http or TLS was looked into; and the server's address, where
// Squid went there by itself. Of https only "CONNECT host:443" is logged otherwise. Squid's default
// strip_query_terms leaves a bare "?" of a query.
//
// What Squid refused (TCP_DENIED) tells nothing: no block cuts it any more. Pure.
LineResult ReadSquidAccess(std::string_view line);

}  // namespace agent::traffic
