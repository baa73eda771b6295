#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "agent/api/connect_codec.h"
#include "agent/api/message_stream.h"
#include "platform/http_server.h"
#include "policy/result.h"

// Streaming calls of the Connect protocol: messages in envelopes, and a last one that tells how it
// ended (https://connectrpc.com/docs/protocol#streaming-rpcs).
namespace agent::api {

// The one message of a request's body. `malformed_input` if it is not one whole envelope.
policy::Result<std::string> OpenEnvelope(std::string_view body);

platform::HttpServerResponse StreamResponse(std::shared_ptr<MessageStream> stream, Codec codec);
// Ends as it begins. Its HTTP status is 200 nevertheless, as the protocol has it.
platform::HttpServerResponse StreamError(const policy::Error& error, Codec codec);

}  // namespace agent::api
