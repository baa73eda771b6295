#pragma once

#include <string_view>

#include "platform/http_server.h"
#include "policy/result.h"

namespace agent::api {

// The Connect protocol's JSON for an error, with the HTTP status that goes with it
// (https://connectrpc.com/docs/protocol#error-codes).
platform::HttpServerResponse ConnectError(const policy::Error& error);
platform::HttpServerResponse ConnectError(std::string_view code, std::string_view message);

}  // namespace agent::api
