#include "proto/convert.h"

#include <google/protobuf/util/json_util.h>
#include <google/rpc/status.pb.h>

#include <algorithm>
#include <cstdint>

#include "policy/ascii.h"

namespace proto {
namespace {

using policy::Error;
using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::int64_t nanos_per_second = 1'000'000'000;
constexpr std::int64_t year_1 = -62'135'596'800;
constexpr std::int64_t year_9999_end = 253'402'300'799;
constexpr std::int64_t duration_max = 315'576'000'000;

grpc::StatusCode StatusCodeOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::malformed_input: return grpc::StatusCode::INVALID_ARGUMENT;
    case ErrorCode::not_found: return grpc::StatusCode::NOT_FOUND;
    case ErrorCode::not_allowed: return grpc::StatusCode::PERMISSION_DENIED;
    case ErrorCode::unauthenticated: return grpc::StatusCode::UNAUTHENTICATED;
    case ErrorCode::conflict: return grpc::StatusCode::ABORTED;
    case ErrorCode::exhausted: return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case ErrorCode::unavailable: return grpc::StatusCode::UNAVAILABLE;
    case ErrorCode::outcome_unknown: return grpc::StatusCode::UNKNOWN;
    case ErrorCode::corrupt: return grpc::StatusCode::DATA_LOSS;
  }
  return grpc::StatusCode::UNKNOWN;
}

ErrorCode ErrorCodeOf(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::OUT_OF_RANGE: return ErrorCode::malformed_input;
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::UNIMPLEMENTED: return ErrorCode::not_found;
    case grpc::StatusCode::PERMISSION_DENIED: return ErrorCode::not_allowed;
    case grpc::StatusCode::UNAUTHENTICATED: return ErrorCode::unauthenticated;
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::FAILED_PRECONDITION: return ErrorCode::conflict;
    case grpc::StatusCode::RESOURCE_EXHAUSTED: return ErrorCode::exhausted;
    case grpc::StatusCode::UNAVAILABLE: return ErrorCode::unavailable;
    case grpc::StatusCode::DATA_LOSS: return ErrorCode::corrupt;
    default: return ErrorCode::outcome_unknown;
  }
}

std::string TimeText(const google::protobuf::Timestamp& timestamp) {
  const auto time = FromTimestamp(timestamp);
  return time ? policy::FormatTime(*time) : "-";
}

std::string HexOrDash(std::string_view bytes) {
  const auto digest = FromBytes(bytes);
  return digest ? policy::ToHex(*digest) : "-";
}

// A string field of protobuf has to be UTF-8, and an error may quote a feed's bytes.
std::string Printable(std::string text) {
  if (policy::IsAscii(text)) return text;
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  return text;
}

}  // namespace

google::protobuf::Timestamp ToTimestamp(policy::TimePoint time) {
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(time.time_since_epoch().count());
  return timestamp;
}

Result<policy::TimePoint> FromTimestamp(const google::protobuf::Timestamp& timestamp) {
  const bool in_range = timestamp.seconds() >= year_1 && timestamp.seconds() <= year_9999_end;
  if (!in_range || timestamp.nanos() < 0 || timestamp.nanos() >= nanos_per_second) {
    return Fail(ErrorCode::malformed_input,
                "a timestamp of " + std::to_string(timestamp.seconds()) + " s and " +
                    std::to_string(timestamp.nanos()) + " ns is not between the years 1 and 9999");
  }
  return policy::TimePoint(std::chrono::seconds(timestamp.seconds()));
}

google::protobuf::Duration ToDuration(std::chrono::seconds duration) {
  google::protobuf::Duration message;
  message.set_seconds(duration.count());
  return message;
}

Result<std::chrono::seconds> FromDuration(const google::protobuf::Duration& duration) {
  const std::int64_t seconds = duration.seconds();
  const std::int64_t nanos = duration.nanos();
  const bool in_range = seconds >= -duration_max && seconds <= duration_max &&
                        nanos > -nanos_per_second && nanos < nanos_per_second;
  if (!in_range || (seconds > 0 && nanos < 0) || (seconds < 0 && nanos > 0)) {
    return Fail(ErrorCode::malformed_input, "a duration of " + std::to_string(seconds) + " s and " +
                                                std::to_string(nanos) + " ns is not valid");
  }
  return std::chrono::seconds(seconds);
}

grpc::Status ToStatus(const Error& error, const google::protobuf::Message* detail) {
  const auto code = StatusCodeOf(error.code);
  if (detail == nullptr) return {code, Printable(error.detail)};
  google::rpc::Status status;
  status.set_code(code);
  status.set_message(Printable(error.detail));
  status.add_details()->PackFrom(*detail);
  return {code, status.message(), status.SerializeAsString()};
}

bool FindDetail(const grpc::Status& status, google::protobuf::Message& detail) {
  google::rpc::Status richer;
  if (!richer.ParseFromString(status.error_details())) return false;
  return std::any_of(richer.details().begin(), richer.details().end(), [&](const auto& each) {
    return each.type_url() == "type.googleapis.com/" + detail.GetTypeName() &&
           detail.ParseFromString(each.value());
  });
}

Error FromStatus(const grpc::Status& status) {
  return {ErrorCodeOf(status.error_code()), status.error_message()};
}

std::string ToBytes(const policy::Sha256& digest) {
  return {digest.begin(), digest.end()};
}

Result<policy::Sha256> FromBytes(std::string_view bytes) {
  policy::Sha256 digest;
  if (bytes.size() != digest.size()) {
    return Fail(ErrorCode::malformed_input,
                "a SHA-256 has 32 bytes; this has " + std::to_string(bytes.size()));
  }
  std::copy(bytes.begin(), bytes.end(), digest.begin());
  return digest;
}

std::string SignedTextOf(const sekisho::v1::UpdateHeader& header) {
  std::string text = "sekisho list v2\n";
  for (const std::string& line :
       {header.list(), std::to_string(header.release()), HexOrDash(header.digest()),
        HexOrDash(header.terms_digest()), std::to_string(header.count()),
        HexOrDash(header.base_digest()), TimeText(header.issued()), TimeText(header.expires())}) {
    text += line;
    text += '\n';
  }
  return text;
}

std::string LeftOutToJson(const sekisho::v1::Receipt& receipt) {
  if (receipt.left_out().empty()) return "";
  sekisho::v1::Receipt alone;
  *alone.mutable_left_out() = receipt.left_out();
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(alone, &json);
  return status.ok() ? json : "";
}

sekisho::v1::Receipt LeftOutFromJson(const std::string& json) {
  sekisho::v1::Receipt receipt;
  if (json.empty()) return receipt;
  const auto status = google::protobuf::util::JsonStringToMessage(json, &receipt);
  return status.ok() ? receipt : sekisho::v1::Receipt();
}

}  // namespace proto
