#include "platform/inflate.h"

#include <gtest/gtest.h>

#include "tests/platform/gzip_for_test.h"

namespace platform {
namespace {

using policy::ErrorCode;
using testing::Gzipped;
using testing::ZlibDeflated;

constexpr std::size_t kCap = 1024 * 1024;

TEST(InflateTest, ReadsGzipAndZlib) {
  EXPECT_EQ(Inflate(Gzipped("evil.example\n"), kCap).value(), "evil.example\n");
  EXPECT_EQ(Inflate(ZlibDeflated("evil.example\n"), kCap).value(), "evil.example\n");
  EXPECT_EQ(Inflate(Gzipped(""), kCap).value(), "");
}

TEST(InflateTest, JoinsTheMembersOfOneGzipFile) {
  EXPECT_EQ(Inflate(Gzipped("one\n") + Gzipped("two\n"), kCap).value(), "one\ntwo\n");
}

TEST(InflateTest, GivesTheSameForEveryWayToCutTheInput) {
  const std::string compressed = Gzipped("a.example\nb.example\n") + Gzipped("c.example\n");
  for (std::size_t cut = 0; cut <= compressed.size(); ++cut) {
    Inflater inflater(kCap);
    std::string out;
    ASSERT_TRUE(inflater.Write(compressed.substr(0, cut), out));
    ASSERT_TRUE(inflater.Write(compressed.substr(cut), out));
    ASSERT_TRUE(inflater.Finish());
    ASSERT_EQ(out, "a.example\nb.example\nc.example\n") << cut;
  }
}

TEST(InflateTest, RefusesEveryTruncation) {
  const std::string compressed = Gzipped("a.example\nb.example\n");
  for (std::size_t size = 0; size < compressed.size(); ++size) {
    const auto result = Inflate(compressed.substr(0, size), kCap);
    ASSERT_FALSE(result) << size;
    EXPECT_EQ(result.error().code, ErrorCode::unavailable) << size;
  }
}

TEST(InflateTest, AllowsExactlyTheCapAndNoByteMore) {
  EXPECT_TRUE(Inflate(Gzipped(std::string(1000, 'x')), 1000));
  EXPECT_EQ(Inflate(Gzipped(std::string(1001, 'x')), 1000).error().code, ErrorCode::exhausted);
}

TEST(InflateTest, RefusesDamage) {
  std::string compressed = Gzipped("a.example\nb.example\n");
  compressed[compressed.size() - 6] = static_cast<char>(compressed[compressed.size() - 6] ^ 1);
  EXPECT_EQ(Inflate(compressed, kCap).error().code, ErrorCode::malformed_input);
  EXPECT_EQ(Inflate("<html>", kCap).error().code, ErrorCode::malformed_input);
  EXPECT_EQ(Inflate(Gzipped("x") + "<html>", kCap).error().code, ErrorCode::malformed_input);
}

}  // namespace
}  // namespace platform
