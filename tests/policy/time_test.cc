#include "policy/time.h"

#include <gtest/gtest.h>

namespace policy {
namespace {

using std::chrono::seconds;

TimePoint At(std::int64_t unix_seconds) {
  return TimePoint{seconds{unix_seconds}};
}

TEST(TimeTest, ReadsEveryFormThatFeedsUse) {
  const struct {
    std::string_view text;
    std::int64_t unix_seconds;
  } cases[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"2026-11-24T10:16:31Z", 1795515391},
      {"2026-11-24t10:16:31z", 1795515391},
      {"2026-11-24T10:16:31.999Z", 1795515391},
      {"2026-11-24T19:16:31+09:00", 1795515391},
      {"2026-11-24T05:46:31-04:30", 1795515391},
      {"2026-11-24 10:16:31", 1795515391},
      {"2026-11-24 10:16:31 UTC", 1795515391},
      {"2026-11-24 10:16:31+00:00", 1795515391},
      {"2026-11-24", 1795478400},
      {"2024-02-29", 1709164800},
      {"2000-02-29T00:00:00Z", 951782400},
      {"1969-12-31T23:59:59Z", -1},
      {"2016-12-31T23:59:60Z", 1483228800},       // a real leap second
      {"2017-01-01T08:59:60+09:00", 1483228800},  // the same one, seen from Japan
      {"0000-01-01T00:00:00Z", -62167219200},
      {"9999-12-31T23:59:59Z", 253402300799},
  };
  for (const auto& [text, unix_seconds] : cases) {
    const auto time = ParseTime(text);
    ASSERT_TRUE(time) << text << ": " << time.error().detail;
    EXPECT_EQ(*time, At(unix_seconds)) << text;
  }
}

TEST(TimeTest, RefusesWhatIsNotATime) {
  const std::string_view cases[] = {
      "",
      "now",
      "1795515391",
      "2026-11-24T",
      "2026-11-24T10:16Z",
      "2026-11-24T10:16:31",  // RFC 3339 wants a zone
      "2026-11-24T10:16:31.Z",
      "2026-11-24T10:16:31ZZ",
      "2026-11-24 10:16:31 CET",
      "2026-11-24T10:16:31+0900",
      "2026-11-24T10:16:31+24:00",
      "2026-11-24T10:16:31+09:60",
      "2026-11-24T24:00:00Z",
      "2026-11-24T10:60:00Z",
      "2026-11-24T10:16:61Z",
      "2026-11-24T10:16:60Z",  // no leap second but at the end of a day
      "2026-13-01",
      "2026-00-01",
      "2026-04-31",
      "2026-02-29",
      "1900-02-29",
      "2026-1-1",
      "+026-11-24",
      " 2026-11-24",
      "2026-11-24 ",
      "2026/11/24",
      "0000-01-01T00:00:00+00:01",
      "9999-12-31T23:59:59-00:01",
  };
  for (const auto text : cases) {
    const auto time = ParseTime(text);
    ASSERT_FALSE(time) << text;
    EXPECT_EQ(time.error().code, ErrorCode::malformed_input) << text;
  }
}

TEST(TimeTest, ReadsBackWhatItFormats) {
  EXPECT_EQ(FormatTime(At(1795515391)), "2026-11-24T10:16:31Z");
  for (std::int64_t second = -62167219200; second <= 253402300799; second += 86399 * 331) {
    ASSERT_EQ(ParseTime(FormatTime(At(second))), At(second)) << second;
  }
}

TEST(TimeTest, FormatsTimesThatRfc3339CannotWriteAsTheNearestItCan) {
  EXPECT_EQ(FormatTime(TimePoint::max()), "9999-12-31T23:59:59Z");
  EXPECT_EQ(FormatTime(TimePoint::min()), "0000-01-01T00:00:00Z");
}

TEST(DurationTest, ReadsANumberAndAUnit) {
  const struct {
    std::string_view text;
    std::int64_t count;
  } cases[] = {{"1s", 1},      {"90s", 90},     {"30m", 1800},       {"12h", 43200},
               {"7d", 604800}, {"2w", 1209600}, {"3652d", 315532800}};
  for (const auto& [text, count] : cases) {
    const auto duration = ParseDuration(text);
    ASSERT_TRUE(duration) << text;
    EXPECT_EQ(duration->count(), count) << text;
  }
}

TEST(DurationTest, RefusesWhatIsNotPositiveOrOverTenYears) {
  for (const std::string_view text :
       {"", "s", "7", "0s", "-1d", "+1d", "1.5h", "1 d", " 1d", "1d ", "1D", "1y", "1w2d", "3653d",
        "99999999999999999999s", "9223372036854775807w", "0x1s"}) {
    EXPECT_FALSE(ParseDuration(text)) << text;
  }
}

TEST(DurationTest, FormatsTheShortestFormThatReadsBack) {
  EXPECT_EQ(FormatDuration(seconds{604800}), "1w");
  EXPECT_EQ(FormatDuration(seconds{86400}), "1d");
  EXPECT_EQ(FormatDuration(seconds{5400}), "90m");
  EXPECT_EQ(FormatDuration(seconds{43200}), "12h");
  EXPECT_EQ(FormatDuration(seconds{61}), "61s");
  for (std::int64_t count = 1; count < 315000000; count += 86399) {
    ASSERT_EQ(ParseDuration(FormatDuration(seconds{count})), seconds{count}) << count;
  }
}

}  // namespace
}  // namespace policy
