#include "policy/validity.h"

#include <gtest/gtest.h>

namespace policy {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;

const TimePoint from = ParseTime("2026-01-01T00:00:00Z").value();

// Of a certificate that is valid for `whole`, with `left` of it left.
CertificateAge AgeWith(seconds left, seconds whole) {
  return AgeOf({from, from + whole}, from + whole - left);
}

TEST(CertificateAgeTest, N2_EndsFourteenAndThreeDaysBefore) {
  for (const seconds whole : {seconds(days(42)), seconds(days(90)), seconds(days(365))}) {
    EXPECT_EQ(AgeWith(days(14) + seconds(1), whole), CertificateAge::good);
    EXPECT_EQ(AgeWith(days(14), whole), CertificateAge::ending);
    EXPECT_EQ(AgeWith(days(3) + seconds(1), whole), CertificateAge::ending);
    EXPECT_EQ(AgeWith(days(3), whole), CertificateAge::urgent);
    EXPECT_EQ(AgeWith(seconds(1), whole), CertificateAge::urgent);
    EXPECT_EQ(AgeWith(seconds(0), whole), CertificateAge::expired);
    EXPECT_EQ(AgeWith(-days(1), whole), CertificateAge::expired);
  }
}

TEST(CertificateAgeTest, N2_AShortLivedOneEndsWithItsLastThirdAndTenth) {
  EXPECT_EQ(AgeWith(days(7), days(7)), CertificateAge::good) << "new";
  EXPECT_EQ(AgeWith(hours(56) + seconds(1), days(7)), CertificateAge::good);
  EXPECT_EQ(AgeWith(hours(56), days(7)), CertificateAge::ending);
  EXPECT_EQ(AgeWith(hours(17), days(7)), CertificateAge::ending);
  EXPECT_EQ(AgeWith(hours(16), days(7)), CertificateAge::urgent);
  EXPECT_EQ(AgeWith(hours(8) + seconds(1), hours(24)), CertificateAge::good);
  EXPECT_EQ(AgeWith(hours(8), hours(24)), CertificateAge::ending);
  EXPECT_EQ(AgeWith(hours(2), hours(24)), CertificateAge::urgent);
  EXPECT_EQ(AgeWith(seconds(0), hours(24)), CertificateAge::expired);
}

TEST(CertificateAgeTest, OneThatEndsBeforeItBeginsIsGoodUntilThen) {
  const Validity backwards{from + days(1), from};
  EXPECT_EQ(AgeOf(backwards, from - seconds(1)), CertificateAge::good);
  EXPECT_EQ(AgeOf(backwards, from), CertificateAge::expired);
}

}  // namespace
}  // namespace policy
