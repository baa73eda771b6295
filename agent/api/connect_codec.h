#pragma once

#include <google/protobuf/message.h>

#include <optional>
#include <string>
#include <string_view>

#include "policy/result.h"

// How messages stand in the bodies of the Connect protocol.
namespace agent::api {

enum class Codec { json, binary };

std::string_view Name(Codec codec);  // "json", "proto"

// What a content type announces: "application/json", and of a stream "application/connect+json".
struct ContentType {
  Codec codec;
  bool is_stream;
};
std::optional<ContentType> ReadContentType(std::string_view header);

// `malformed_input`. What fails is not quoted back: it may be anything, and need not be text.
policy::Result<void> Read(std::string_view bytes, Codec codec, google::protobuf::Message& message);
policy::Result<std::string> Write(const google::protobuf::Message& message, Codec codec);

}  // namespace agent::api
