#include "agent/api/connect_codec.h"

#include <google/protobuf/util/json_util.h>

#include "policy/ascii.h"

namespace agent::api {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;

}  // namespace

std::string_view Name(Codec codec) {
  return codec == Codec::json ? "json" : "proto";
}

std::optional<ContentType> ReadContentType(std::string_view header) {
  std::string_view type = header.substr(0, header.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  for (const Codec codec : {Codec::json, Codec::binary}) {
    for (const bool is_stream : {false, true}) {
      const std::string name =
          (is_stream ? "application/connect+" : "application/") + std::string(Name(codec));
      if (policy::EqualsIgnoringCase(type, name)) return ContentType{codec, is_stream};
    }
  }
  return std::nullopt;
}

Result<void> Read(std::string_view bytes, Codec codec, google::protobuf::Message& message) {
  if (codec == Codec::binary) {
    if (message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return {};
  } else {
    google::protobuf::util::JsonParseOptions options;
    options.ignore_unknown_fields = true;  // a page newer than the agent
    const google::protobuf::StringPiece text(bytes.data(), bytes.size());
    if (google::protobuf::util::JsonStringToMessage(text, &message, options).ok()) return {};
  }
  return Fail(ErrorCode::malformed_input, "the body is no " + message.GetTypeName() +
                                              " in application/" + std::string(Name(codec)));
}

Result<std::string> Write(const google::protobuf::Message& message, Codec codec) {
  std::string body;
  const bool is_written = codec == Codec::binary
                              ? message.SerializeToString(&body)
                              : google::protobuf::util::MessageToJsonString(message, &body).ok();
  if (is_written) return body;
  return Fail(ErrorCode::corrupt,
              "the answer could not be written as application/" + std::string(Name(codec)));
}

}  // namespace agent::api
