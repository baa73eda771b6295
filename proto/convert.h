#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>
#include <grpcpp/support/status.h>

#include "policy/digest.h"
#include "policy/result.h"
#include "policy/time.h"
#include "sekisho/v1/enforcement.pb.h"

// The only place where a message becomes a value. All functions are pure.
namespace proto {

google::protobuf::Timestamp ToTimestamp(policy::TimePoint time);

// Rounds down to the second. `malformed_input` outside the years 1 to 9999, or with nanoseconds
// that are none (google/protobuf/timestamp.proto).
policy::Result<policy::TimePoint> FromTimestamp(const google::protobuf::Timestamp& timestamp);

google::protobuf::Duration ToDuration(std::chrono::seconds duration);

// Rounds towards zero. `malformed_input` beyond ten thousand years, or with nanoseconds whose sign
// differs (google/protobuf/duration.proto).
policy::Result<std::chrono::seconds> FromDuration(const google::protobuf::Duration& duration);

// Never OK. The error's text becomes the message, with what is not UTF-8 replaced by '?'. `detail`,
// if there is one, goes along as gRPC's richer errors have it: in a google.rpc.Status.
grpc::Status ToStatus(const policy::Error& error,
                      const google::protobuf::Message* detail = nullptr);

// Whether a status has a detail of this type; fills it then.
bool FindDetail(const grpc::Status& status, google::protobuf::Message& detail);

// Of a status that is not OK. A call that was cancelled, or ran out of time, may have taken effect:
// `outcome_unknown`.
policy::Error FromStatus(const grpc::Status& status);

std::string ToBytes(const policy::Sha256& digest);
// `malformed_input` unless there are 32 of them.
policy::Result<policy::Sha256> FromBytes(std::string_view bytes);

// What the agent's list key signs: the fields of the header, one a line (docs/protocol.md). Two
// headers give the same text only if all these fields are the same, provided that the list's name
// holds no newline, which receivers have to check.
std::string SignedTextOf(const sekisho::v1::UpdateHeader& header);

// A receipt's `left_out` alone, as a JSON text to be kept; and back. What cannot be read is empty.
std::string LeftOutToJson(const sekisho::v1::Receipt& receipt);
sekisho::v1::Receipt LeftOutFromJson(const std::string& json);

}  // namespace proto
