#pragma once

#include <string>

#include "platform/http_server.h"

namespace platform {

// The status line and headers of a response of our server, empty line included. Leaves out headers
// that are not valid, and those that only the server may set.
std::string MakeResponseHead(const HttpServerResponse& response, bool keep_alive);

}  // namespace platform
