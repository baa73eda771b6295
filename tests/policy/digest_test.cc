#include "policy/digest.h"

#include <gtest/gtest.h>

namespace policy {
namespace {

// FIPS 180-2, appendix B.
constexpr std::string_view kEmpty =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::string_view kAbc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr std::string_view kMillionA =
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

TEST(DigestTest, ComputesThePublishedExamples) {
  EXPECT_EQ(ToHex(Sha256Of("")), kEmpty);
  EXPECT_EQ(ToHex(Sha256Of({})), kEmpty);
  EXPECT_EQ(ToHex(Sha256Of("abc")), kAbc);
  EXPECT_EQ(ToHex(Sha256Of(std::string(1'000'000, 'a'))), kMillionA);
}

TEST(DigestTest, IsTheSameInParts) {
  Sha256Stream stream;
  for (int i = 0; i < 1000; ++i) stream.Add(std::string(1000, 'a'));
  stream.Add({});
  EXPECT_EQ(ToHex(stream.Finish()), kMillionA);
  EXPECT_EQ(ToHex(Sha256Stream().Finish()), kEmpty);
}

TEST(DigestTest, ReadsBackItsHexadecimal) {
  EXPECT_EQ(ParseSha256(kAbc), Sha256Of("abc"));
  std::string upper(kAbc);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  EXPECT_EQ(ParseSha256(upper), Sha256Of("abc"));
}

TEST(DigestTest, RefusesWhatIsNot64Digits) {
  const std::string abc(kAbc);
  for (const std::string& text :
       {std::string(), abc.substr(1), abc + "0", "g" + abc.substr(1), " " + abc.substr(1),
        "0x" + abc.substr(2), abc.substr(0, 63) + std::string(1, '\0')}) {
    EXPECT_FALSE(ParseSha256(text)) << text;
  }
}

}  // namespace
}  // namespace policy
