#include "platform/tls.h"

#include <gtest/gtest.h>

#include "platform/atomic_file.h"
#include "platform/certificate.h"
#include "platform/encoding.h"
#include "tests/platform/temporary_folder.h"

namespace platform {
namespace {

using policy::ErrorCode;

TEST(SigningKeyTest, SignsWhatItsPublicKeyVerifies) {
  const SigningKey key = SigningKey::Generate().value();
  const std::string signature = key.Sign("checkpoint 7").value();
  EXPECT_EQ(key.public_key().size(), 32U);
  EXPECT_EQ(signature.size(), 64U);
  EXPECT_TRUE(Verify(key.public_key(), "checkpoint 7", signature));
  EXPECT_FALSE(Verify(key.public_key(), "checkpoint 8", signature));
  EXPECT_FALSE(Verify(SigningKey::Generate()->public_key(), "checkpoint 7", signature));
}

TEST(SigningKeyTest, IsTheSameKeyAfterARoundTripThroughPem) {
  const SigningKey key = SigningKey::Generate().value();
  const SigningKey again = SigningKey::FromPem(key.ToPem().value()).value();
  EXPECT_EQ(again.public_key(), key.public_key());
  EXPECT_EQ(again.Sign("x").value(), key.Sign("x").value());  // Ed25519 is deterministic
}

// RFC 8032 section 7.1, test 2, so that other programs verify what we sign.
TEST(SigningKeyTest, AgreesWithRfc8032) {
  const std::string seed =
      FromHex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb").value();
  const std::string pkcs8 = FromHex("302e020100300506032b657004220420").value() + seed;
  const SigningKey key = SigningKey::FromPem("-----BEGIN PRIVATE KEY-----\n" + ToBase64(pkcs8) +
                                             "\n-----END PRIVATE KEY-----\n")
                             .value();
  EXPECT_EQ(ToHex(key.public_key()),
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  EXPECT_EQ(ToHex(key.Sign("\x72").value()),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
}

TEST(SigningKeyTest, RefusesOtherKeysAndGarbage) {
  const auto ec = MakeCa("ca", {policy::TimePoint(), policy::TimePoint(std::chrono::hours(1))});
  ASSERT_TRUE(ec);
  for (const std::string& pem :
       {ec->key_pem, ec->certificate_pem, std::string(), std::string("x")}) {
    const auto key = SigningKey::FromPem(pem);
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().code, ErrorCode::malformed_input);
  }
}

TEST(VerifyTest, IsFalseForEveryWrongLengthAndEveryFlippedByte) {
  const SigningKey key = SigningKey::Generate().value();
  std::string signature = key.Sign("x").value();
  EXPECT_FALSE(Verify(key.public_key(), "x", signature.substr(1)));
  EXPECT_FALSE(Verify(key.public_key(), "x", signature + "x"));
  EXPECT_FALSE(Verify(key.public_key().substr(1), "x", signature));
  EXPECT_FALSE(Verify("", "x", signature));
  for (char& c : signature) {
    c = static_cast<char>(c ^ 1);
    EXPECT_FALSE(Verify(key.public_key(), "x", signature));
    c = static_cast<char>(c ^ 1);
  }
}

TEST(LoadPemTest, RefusesAFileWithoutPem) {
  const testing::TemporaryFolder folder;
  ASSERT_TRUE(WriteFileAtomically(folder / "key", SigningKey::Generate()->ToPem().value(), 0600));
  ASSERT_TRUE(WriteFileAtomically(folder / "text", "hello"));
  EXPECT_TRUE(LoadPem(folder / "key"));
  EXPECT_EQ(LoadPem(folder / "text").error().code, ErrorCode::malformed_input);
  EXPECT_EQ(LoadPem(folder / "none").error().code, ErrorCode::not_found);
}

TEST(CertificateTest, RefusesNamesThatWouldBreakOutOfTheExtension) {
  const Validity validity{policy::TimePoint(), policy::TimePoint(std::chrono::hours(1))};
  const auto ca = MakeCa("ca", validity);
  ASSERT_TRUE(ca);
  for (const char* name : {"a.example,DNS:b.example", "", "a b", "a\nb"}) {
    EXPECT_FALSE(IssueCertificate(
        *ca, {.common_name = "x", .dns_names = {name}, .ip_addresses = {}, .uris = {}}, validity))
        << name;
  }
  EXPECT_FALSE(IssueCertificate(
      *ca, {.common_name = "x", .dns_names = {}, .ip_addresses = {"1.2.3"}, .uris = {}}, validity));
}

}  // namespace
}  // namespace platform
