#include "platform/encoding.h"

#include <gtest/gtest.h>

namespace platform {
namespace {

TEST(HexTest, ReadsBackWhatItWrites) {
  const std::string bytes("\x00\x7f\xff\x10", 4);
  EXPECT_EQ(ToHex(bytes), "007fff10");
  EXPECT_EQ(FromHex("007FfF10").value(), bytes);
  EXPECT_EQ(FromHex("").value(), "");
}

TEST(HexTest, RefusesWhatIsNotPairsOfDigits) {
  for (const char* text : {"0", "0g", "g0", "00 ", "0x00"}) {
    ASSERT_FALSE(FromHex(text)) << text;
    EXPECT_EQ(FromHex(text).error().code, policy::ErrorCode::malformed_input);
  }
}

TEST(Base64Test, AgreesWithTheExamplesOfRfc4648) {
  const std::pair<const char*, const char*> cases[] = {{"", ""},
                                                       {"f", "Zg=="},
                                                       {"fo", "Zm8="},
                                                       {"foo", "Zm9v"},
                                                       {"foob", "Zm9vYg=="},
                                                       {"fooba", "Zm9vYmE="},
                                                       {"foobar", "Zm9vYmFy"},
                                                       {"\xfb\xff\xfe", "+//+"}};
  for (const auto& [bytes, text] : cases) {
    EXPECT_EQ(ToBase64(bytes), text);
    EXPECT_EQ(FromBase64(text).value(), bytes);
  }
  EXPECT_EQ(ToBase64Url("\xfb\xff\xfe"
                        "f"),
            "-__-Zg");
  EXPECT_EQ(FromBase64Url("-__-Zg").value(),
            "\xfb\xff\xfe"
            "f");
}

TEST(Base64Test, RefusesAnySecondSpelling) {
  for (const char* text :
       {"Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zg==\n", " Zg==", "Zm-v", "Zg==Zg=="}) {
    EXPECT_FALSE(FromBase64(text)) << text;
  }
  for (const char* text : {"Z", "Zh", "Zg==", "Zm+v"}) EXPECT_FALSE(FromBase64Url(text)) << text;
}

TEST(RandomBytesTest, GivesOtherBytesEachTime) {
  const auto one = RandomBytes(32);
  const auto two = RandomBytes(32);
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->size(), 32U);
  EXPECT_NE(*one, *two);
}

TEST(EqualInConstantTimeTest, ComparesAllBytes) {
  EXPECT_TRUE(EqualInConstantTime("secret", "secret"));
  EXPECT_TRUE(EqualInConstantTime("", ""));
  EXPECT_FALSE(EqualInConstantTime("secret", "secreT"));
  EXPECT_FALSE(EqualInConstantTime("secret", "secre"));
}

}  // namespace
}  // namespace platform
