#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

#include "platform/http_server.h"
#include "policy/result.h"

namespace agent::api {

// The Connect protocol's JSON for an error, with the HTTP status that goes with it
// (https://connectrpc.com/docs/protocol#error-codes).
// `detail`, if there is one, goes along as Connect's errors have it.
platform::HttpServerResponse ConnectError(const policy::Error& error,
                                          const google::protobuf::Message* detail = nullptr);
// The JSON alone: {"code":"not_found","message":"..."}.
std::string ErrorJson(const policy::Error& error);
platform::HttpServerResponse ConnectError(std::string_view code, std::string_view message);

}  // namespace agent::api
