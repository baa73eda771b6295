#include "proto/convert.h"

#include <gtest/gtest.h>

#include <limits>

namespace proto {
namespace {

using policy::ErrorCode;

google::protobuf::Timestamp TimestampOf(std::int64_t seconds, std::int32_t nanos) {
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(nanos);
  return timestamp;
}

google::protobuf::Duration DurationOf(std::int64_t seconds, std::int32_t nanos) {
  google::protobuf::Duration duration;
  duration.set_seconds(seconds);
  duration.set_nanos(nanos);
  return duration;
}

TEST(ConvertTest, TimesComeBackAsTheyWere) {
  for (const char* text :
       {"1970-01-01T00:00:00Z", "2026-11-24T10:16:31Z", "1900-01-01T00:00:00Z"}) {
    const auto time = policy::ParseTime(text).value();
    EXPECT_EQ(FromTimestamp(ToTimestamp(time)).value(), time) << text;
  }
  // Half a second before the epoch is in the second before it.
  EXPECT_EQ(FromTimestamp(TimestampOf(-1, 500'000'000))->time_since_epoch().count(), -1);
}

TEST(ConvertTest, RefusesTimesThatAreNone) {
  for (const auto& [seconds, nanos] : std::initializer_list<std::pair<std::int64_t, std::int32_t>>{
           {std::numeric_limits<std::int64_t>::max(), 0},
           {std::numeric_limits<std::int64_t>::min(), 0},
           {253'402'300'800, 0},
           {0, -1},
           {0, 1'000'000'000}}) {
    EXPECT_FALSE(FromTimestamp(TimestampOf(seconds, nanos))) << seconds << ' ' << nanos;
  }
}

TEST(ConvertTest, DurationsComeBackAsTheyWereAndRoundTowardsZero) {
  EXPECT_EQ(FromDuration(ToDuration(std::chrono::seconds(90))).value(), std::chrono::seconds(90));
  EXPECT_EQ(FromDuration(DurationOf(-1, -900'000'000)).value(), std::chrono::seconds(-1));
  EXPECT_FALSE(FromDuration(DurationOf(1, -1)));
  EXPECT_FALSE(FromDuration(DurationOf(-1, 1)));
  EXPECT_FALSE(FromDuration(DurationOf(315'576'000'001, 0)));
}

TEST(ConvertTest, EveryErrorCodeSurvivesAStatus) {
  for (const ErrorCode code :
       {ErrorCode::malformed_input, ErrorCode::not_found, ErrorCode::not_allowed,
        ErrorCode::unauthenticated, ErrorCode::conflict, ErrorCode::exhausted,
        ErrorCode::unavailable, ErrorCode::outcome_unknown, ErrorCode::corrupt}) {
    const grpc::Status status = ToStatus({code, "why"});
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(FromStatus(status).code, code) << policy::Name(code);
    EXPECT_EQ(FromStatus(status).detail, "why");
  }
}

TEST(ConvertTest, ACallThatWasCutOffMayHaveHappened) {
  for (const auto code : {grpc::StatusCode::CANCELLED, grpc::StatusCode::DEADLINE_EXCEEDED,
                          grpc::StatusCode::INTERNAL, grpc::StatusCode::UNKNOWN}) {
    EXPECT_EQ(FromStatus({code, ""}).code, ErrorCode::outcome_unknown);
  }
}

TEST(ConvertTest, AStatusIsAlwaysText) {
  EXPECT_EQ(ToStatus({ErrorCode::corrupt, "bad \xff\xfe line"}).error_message(), "bad ?? line");
}

TEST(ConvertTest, DigestsHave32Bytes) {
  const policy::Sha256 digest = policy::Sha256Of("x");
  EXPECT_EQ(FromBytes(ToBytes(digest)).value(), digest);
  EXPECT_FALSE(FromBytes(""));
  EXPECT_FALSE(FromBytes(ToBytes(digest) + "x"));
}

TEST(ConvertTest, ABaseChangesTheSignedText) {
  sekisho::v1::UpdateHeader header;
  header.set_list("l");
  const std::string snapshot = SignedTextOf(header);
  header.set_base_digest(ToBytes(policy::Sha256Of("x")));
  EXPECT_NE(SignedTextOf(header), snapshot);
  EXPECT_NE(SignedTextOf(header).find(policy::ToHex(policy::Sha256Of("x"))), std::string::npos);
}

}  // namespace
}  // namespace proto
