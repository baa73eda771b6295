#include "platform/revocation.h"

#include <gtest/gtest.h>

#include "platform/atomic_file.h"
#include "platform/tls.h"
#include "tests/platform/crl_for_test.h"
#include "tests/platform/temporary_folder.h"

namespace platform {
namespace {

using policy::ErrorCode;
using policy::TimePoint;
using testing::MakeCrl;

class RevocationTest : public ::testing::Test {
 protected:
  static TimePoint At(const char* text) { return policy::ParseTime(text).value(); }

  static CertificateAndKey Issue(const CertificateAndKey& ca) {
    CertificateRequest request;
    request.common_name = "dns1";
    request.for_client = true;
    return IssueCertificate(ca, request, {At("2026-01-01"), At("2027-01-01")}).value();
  }
  std::string Crl(const std::vector<std::string>& revoked, bool is_delta = false) const {
    return MakeCrl(ca_, revoked, made_, next_, is_delta);
  }

  const TimePoint made_ = At("2026-11-01");
  const TimePoint next_ = At("2026-12-01");
  const CertificateAndKey ca_ = MakeCa("CA", {At("2026-01-01"), At("2030-01-01")}).value();
  const CertificateAndKey other_ca_ =
      MakeCa("other CA", {At("2026-01-01"), At("2030-01-01")}).value();
  const CertificateAndKey stolen_ = Issue(ca_);
  const CertificateAndKey good_ = Issue(ca_);
};

TEST_F(RevocationTest, KnowsTheCertificatesThatTheirAuthorityTookBack) {
  const auto list = RevocationList::Parse(Crl({stolen_.certificate_pem}), ca_.certificate_pem);
  ASSERT_TRUE(list) << list.error().detail;
  EXPECT_TRUE(list->Revokes(stolen_.certificate_pem));
  EXPECT_FALSE(list->Revokes(good_.certificate_pem));
  EXPECT_TRUE(list->Revokes("no certificate"));
  EXPECT_EQ(list->next_update(), next_);
}

TEST_F(RevocationTest, ASerialOfAnotherAuthorityIsAnotherCertificate) {
  const std::string both = Crl({}) + MakeCrl(other_ca_, {stolen_.certificate_pem}, made_, next_);
  const auto list = RevocationList::Parse(both, ca_.certificate_pem + other_ca_.certificate_pem);
  ASSERT_TRUE(list) << list.error().detail;
  EXPECT_FALSE(list->Revokes(stolen_.certificate_pem));
}

TEST_F(RevocationTest, BelievesOnlyWhatAnAuthoritySignedForAllItsCertificates) {
  const std::string crl = Crl({stolen_.certificate_pem});
  for (const std::string& bad :
       {std::string(), std::string("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"),
        crl + "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n",
        Crl({}, /*is_delta=*/true)}) {
    const auto list = RevocationList::Parse(bad, ca_.certificate_pem);
    ASSERT_FALSE(list) << bad;
    EXPECT_EQ(list.error().code, ErrorCode::malformed_input);
  }
  EXPECT_FALSE(RevocationList::Parse(crl, other_ca_.certificate_pem));
  EXPECT_FALSE(RevocationList::Parse(crl, ""));
}

TEST_F(RevocationTest, TakesARenewedFileAndKeepsTheListThroughABadOne) {
  const testing::TemporaryFolder folder;
  ASSERT_TRUE(WriteFileAtomically(folder / "ca.pem", ca_.certificate_pem));
  ASSERT_TRUE(WriteFileAtomically(folder / "ca.crl", Crl({})));
  const auto opened = RevocationFile::Open(folder / "ca.crl", folder / "ca.pem");
  ASSERT_TRUE(opened) << opened.error().detail;
  RevocationFile& file = **opened;
  EXPECT_FALSE(file.Revokes(stolen_.certificate_pem));
  EXPECT_FALSE(file.Refresh(made_)) << "nothing is new";

  ASSERT_TRUE(WriteFileAtomically(folder / "ca.crl", Crl({stolen_.certificate_pem})));
  EXPECT_TRUE(file.Refresh(made_));
  EXPECT_TRUE(file.Revokes(stolen_.certificate_pem));

  ASSERT_TRUE(WriteFileAtomically(folder / "ca.crl", ""));
  EXPECT_FALSE(file.Refresh(made_));
  EXPECT_FALSE(file.Refresh(next_ + std::chrono::days(300)));
  EXPECT_TRUE(file.Revokes(stolen_.certificate_pem));
}

TEST_F(RevocationTest, DoesNotOpenWithoutAListThatCanBeUsed) {
  const testing::TemporaryFolder folder;
  ASSERT_TRUE(WriteFileAtomically(folder / "ca.pem", ca_.certificate_pem));
  const auto missing = RevocationFile::Open(folder / "ca.crl", folder / "ca.pem");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().detail.find("ca.crl"), std::string::npos);
  ASSERT_TRUE(WriteFileAtomically(folder / "ca.crl", MakeCrl(other_ca_, {}, made_, next_)));
  EXPECT_FALSE(RevocationFile::Open(folder / "ca.crl", folder / "ca.pem"));
}

TEST_F(RevocationTest, ACertificateSaysWhenItIsValidAndWhichKeyIsItsOwn) {
  EXPECT_EQ(ValidityOf(good_.certificate_pem).value(),
            (Validity{At("2026-01-01"), At("2027-01-01")}));
  EXPECT_FALSE(ValidityOf("no certificate"));
  EXPECT_TRUE(CheckKeyPair(good_.certificate_pem, good_.key_pem));
  EXPECT_FALSE(CheckKeyPair(good_.certificate_pem, stolen_.key_pem));
}

}  // namespace
}  // namespace platform
