#include "cli/json_text.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/json_util.h>

#include <cstdint>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/terminal_text.h"
#include "platform/encoding.h"

namespace cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using Json = nlohmann::ordered_json;

void RewriteBytes(const FieldDescriptor& field, Json& value) {
  const auto bytes = platform::FromBase64(value.get_ref<const std::string&>());
  if (!bytes) return;
  value = field.name() == "leaf" ? *bytes : platform::ToHex(*bytes);
}

void RewriteField(const FieldDescriptor& field, Json& value);

// Puts the fields into the order of the .proto as well; protobuf writes those with zeros first.
void RewriteMessage(const Descriptor& type, Json& object) {
  if (!object.is_object()) return;  // times and durations are strings
  Json ordered = Json::object();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const auto it = object.find(field.name());
    if (it == object.end()) continue;
    Json& value = ordered[field.name()] = std::move(*it);
    if (!field.is_repeated()) {
      RewriteField(field, value);
      continue;
    }
    for (Json& item : value) RewriteField(field, item);
  }
  object = std::move(ordered);
}

void RewriteField(const FieldDescriptor& field, Json& value) {
  if (field.type() == FieldDescriptor::TYPE_BYTES && value.is_string()) RewriteBytes(field, value);
  if (field.type() == FieldDescriptor::TYPE_MESSAGE) RewriteMessage(*field.message_type(), value);
}

void AppendEscaped(char32_t character, std::string& out) {
  auto code = static_cast<std::uint32_t>(character);
  if (code >= 0x10000) {
    code -= 0x10000;
    out += fmt::format("\\u{:04x}\\u{:04x}", 0xd800U + (code >> 10U), 0xdc00U + (code & 0x3ffU));
  } else {
    out += fmt::format("\\u{:04x}", code);
  }
}

}  // namespace

// Outside of strings JSON is ASCII and, besides its newlines, free of controls.
std::string EscapeUnsafe(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  while (!json.empty()) {
    const char32_t character = TakeCharacter(json);
    if (character != U'\n' && IsUnsafe(character)) {
      AppendEscaped(character, out);
    } else {
      AppendUtf8(character, out);
    }
  }
  return out;
}

policy::Result<std::string> ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string text;
  const auto written = google::protobuf::util::MessageToJsonString(message, &text, options);
  if (!written.ok()) {
    return policy::Fail(policy::ErrorCode::corrupt,
                        "the agent's answer cannot be written as JSON: " + written.ToString());
  }
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) {
    return policy::Fail(policy::ErrorCode::corrupt, "the agent's answer cannot be written as JSON");
  }
  RewriteMessage(*message.GetDescriptor(), json);
  return EscapeUnsafe(json.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

}  // namespace cli
