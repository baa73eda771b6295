#include "agent/certificates.h"

#include <gtest/gtest.h>

#include "platform/atomic_file.h"
#include "platform/certificate.h"
#include "tests/platform/temporary_folder.h"

namespace agent {
namespace {

using policy::TimePoint;
using policy::Validity;

TimePoint At(const char* text) {
  return policy::ParseTime(text).value();
}

class CertificatesTest : public ::testing::Test {
 protected:
  platform::CertificateAndKey Issue(const char* until, const char* from = "2026-01-01") const {
    platform::CertificateRequest request;
    request.common_name = "web";
    return platform::IssueCertificate(ca_, request, {At(from), At(until)}).value();
  }
  // What the log says at a look.
  std::string Look(const char* now) {
    ::testing::internal::CaptureStderr();
    certificates_.Look(At(now));
    return ::testing::internal::GetCapturedStderr();
  }
  void Write(const std::string& certificate, const std::string& key) {
    ASSERT_TRUE(platform::WriteFileAtomically(folder_ / "web.pem", certificate));
    ASSERT_TRUE(platform::WriteFileAtomically(folder_ / "web.key", key));
  }
  void Watch() {
    certificates_.Watch("web", folder_ / "web.pem", folder_ / "web.key",
                        [this](const std::string& certificate, const std::string&) {
                          shown_.push_back(certificate);
                          return policy::Result<void>();
                        });
  }

  const platform::CertificateAndKey ca_ =
      platform::MakeCa("CA", {At("2026-01-01"), At("2030-01-01")}).value();
  const TimePoint now_ = At("2026-11-29");
  platform::testing::TemporaryFolder folder_;
  Certificates certificates_;
  std::vector<std::string> shown_;
};

TEST_F(CertificatesTest, N2_ShowsARenewedPairOnceBothHalvesAreThere) {
  const auto first = Issue("2026-12-05");
  const auto second = Issue("2027-12-05");
  Write(first.certificate_pem, first.key_pem);
  Watch();
  certificates_.Look(now_);
  ASSERT_EQ(certificates_.ends().size(), 1U);
  EXPECT_EQ(certificates_.ends()[0].validity, (Validity{At("2026-01-01"), At("2026-12-05")}));
  EXPECT_TRUE(shown_.empty()) << "the first is shown already";

  Write(second.certificate_pem, first.key_pem);
  certificates_.Look(now_);
  EXPECT_TRUE(shown_.empty()) << "the key is not replaced yet";
  Write(second.certificate_pem, second.key_pem);
  certificates_.Look(now_);
  certificates_.Look(now_);
  EXPECT_EQ(shown_, std::vector<std::string>{second.certificate_pem});
  EXPECT_EQ(certificates_.ends()[0].validity, (Validity{At("2026-01-01"), At("2027-12-05")}));
}

TEST_F(CertificatesTest, KeepsWhatIsShownWhereTheFilesAreGone) {
  const auto first = Issue("2026-12-05");
  Write(first.certificate_pem, first.key_pem);
  Watch();
  certificates_.Look(now_);
  std::filesystem::remove(folder_ / "web.pem");
  certificates_.Look(now_);
  EXPECT_TRUE(shown_.empty());
  EXPECT_EQ(certificates_.ends()[0].validity, (Validity{At("2026-01-01"), At("2026-12-05")}));
}

TEST_F(CertificatesTest, N2_WarnsFourteenAndThreeDaysBeforeTheEndAndOnceItIsThere) {
  const auto yearly = Issue("2026-12-31T12:00:00Z");
  Write(yearly.certificate_pem, yearly.key_pem);
  Watch();
  EXPECT_EQ(Look("2026-12-17T11:59:59Z"), "");
  const std::string warning = "the certificate of web expires at 2026-12-31T12:00:00Z";
  EXPECT_NE(Look("2026-12-17T12:00:00Z").find(warning), std::string::npos);
  EXPECT_EQ(Look("2026-12-28T11:59:59Z"), "") << "said once";
  EXPECT_NE(Look("2026-12-28T12:00:00Z").find(warning), std::string::npos);
  EXPECT_EQ(Look("2026-12-31T11:59:59Z"), "");
  EXPECT_NE(Look("2026-12-31T12:00:00Z").find("web expired at"), std::string::npos);
}

TEST_F(CertificatesTest, N2_IsSilentAboutOneOfAWeekThatIsRenewedInTime) {
  const auto first = Issue("2026-12-08", "2026-12-01");
  Write(first.certificate_pem, first.key_pem);
  Watch();
  EXPECT_EQ(Look("2026-12-01"), "");
  EXPECT_EQ(Look("2026-12-05"), "");
  const auto second = Issue("2026-12-12", "2026-12-05");
  Write(second.certificate_pem, second.key_pem);
  EXPECT_EQ(Look("2026-12-05T12:00:00Z").find("expires at"), std::string::npos);
  EXPECT_EQ(Look("2026-12-09T15:59:59Z"), "");
  EXPECT_NE(Look("2026-12-09T16:00:00Z").find("expires at"), std::string::npos) << "not renewed";
}

}  // namespace
}  // namespace agent
