#include "agent/api/connect_error.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include <google/protobuf/util/json_util.h>
#include <nlohmann/json.hpp>

#include "platform/encoding.h"
#include "proto/convert.h"

namespace agent::api {
namespace {

struct Code {
  grpc::StatusCode number;
  std::string_view name;
  int http_status;
};

constexpr std::array<Code, 16> codes{{
    {grpc::StatusCode::CANCELLED, "canceled", 499},
    {grpc::StatusCode::UNKNOWN, "unknown", 500},
    {grpc::StatusCode::INVALID_ARGUMENT, "invalid_argument", 400},
    {grpc::StatusCode::DEADLINE_EXCEEDED, "deadline_exceeded", 504},
    {grpc::StatusCode::NOT_FOUND, "not_found", 404},
    {grpc::StatusCode::ALREADY_EXISTS, "already_exists", 409},
    {grpc::StatusCode::PERMISSION_DENIED, "permission_denied", 403},
    {grpc::StatusCode::RESOURCE_EXHAUSTED, "resource_exhausted", 429},
    {grpc::StatusCode::FAILED_PRECONDITION, "failed_precondition", 400},
    {grpc::StatusCode::ABORTED, "aborted", 409},
    {grpc::StatusCode::OUT_OF_RANGE, "out_of_range", 400},
    {grpc::StatusCode::UNIMPLEMENTED, "unimplemented", 501},
    {grpc::StatusCode::INTERNAL, "internal", 500},
    {grpc::StatusCode::UNAVAILABLE, "unavailable", 503},
    {grpc::StatusCode::DATA_LOSS, "data_loss", 500},
    {grpc::StatusCode::UNAUTHENTICATED, "unauthenticated", 401},
}};

// The type, the bytes in Base64 without padding and, for people who look at it, its JSON.
nlohmann::ordered_json DetailJson(const google::protobuf::Message& detail) {
  std::string bytes = platform::ToBase64(detail.SerializeAsString());
  bytes.erase(bytes.find_last_not_of('=') + 1);
  nlohmann::ordered_json json{{"type", detail.GetTypeName()}, {"value", std::move(bytes)}};
  std::string text;
  if (google::protobuf::util::MessageToJsonString(detail, &text).ok()) {
    json["debug"] = nlohmann::ordered_json::parse(text, nullptr, false);
  }
  return json;
}

std::string JsonOf(const Code& code, std::string_view message,
                   const google::protobuf::Message* detail = nullptr) {
  nlohmann::ordered_json json{{"code", code.name}, {"message", message}};
  if (detail != nullptr) json["details"].push_back(DetailJson(*detail));
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

platform::HttpServerResponse Respond(const Code& code, std::string_view message,
                                     const google::protobuf::Message* detail = nullptr) {
  return {code.http_status,
          {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
          std::make_shared<const std::string>(JsonOf(code, message, detail))};
}

const Code& CodeOf(const grpc::Status& status) {
  const auto code = std::find_if(codes.begin(), codes.end(), [&](const Code& each) {
    return each.number == status.error_code();
  });
  return code == codes.end() ? codes[1] : *code;
}

}  // namespace

platform::HttpServerResponse ConnectError(const policy::Error& error,
                                          const google::protobuf::Message* detail) {
  const grpc::Status status = proto::ToStatus(error);
  return Respond(CodeOf(status), status.error_message(), detail);
}

std::string ErrorJson(const policy::Error& error) {
  const grpc::Status status = proto::ToStatus(error);
  return JsonOf(CodeOf(status), status.error_message());
}

platform::HttpServerResponse ConnectError(std::string_view code, std::string_view message) {
  const auto found =
      std::find_if(codes.begin(), codes.end(), [&](const Code& each) { return each.name == code; });
  return Respond(found == codes.end() ? codes[1] : *found, message);
}

}  // namespace agent::api
