#include "exporters/squid/request_list.h"

#include <algorithm>
#include <random>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "platform/atomic_file.h"
#include "tests/platform/temporary_folder.h"

namespace exporters::squid {
namespace {

TEST(SquidRequestListTest, FindsExactlyTheLinesThatAreThere) {
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): repeatable
  for (int round = 0; round < 50; ++round) {
    std::set<std::string> there;
    for (int i = 0; i < round * 3; ++i) {
      std::string line(random() % 6, 'a');
      for (char& c : line) c = static_cast<char>('a' + random() % 3);
      there.insert(line);
    }
    std::string text;
    for (const std::string& line : there) text += line + "\n";
    for (int i = 0; i < 400; ++i) {
      std::string line(random() % 6, 'a');
      for (char& c : line) c = static_cast<char>('a' + random() % 3);
      EXPECT_EQ(HoldsLine(text, line), there.contains(line)) << "'" << line << "' in\n" << text;
    }
  }
}

TEST(SquidRequestListTest, BlocksWhateverTheSpelling) {
  const std::string lines =
      "domain evil.example\n"
      "url http://192.0.2.1/x\n"
      "url http://host.example/a/b?q=1\n"
      "url https://host.example/secret\n";
  const struct {
    const char* request;
    bool blocked;
  } cases[] = {
      {"http://host.example/a/b?q=1", true},
      {"http://HOST.example:80/a/b?q=1", true},
      {"http://host.example./a/b?q=1", true},
      {"http://host.example/a/./b?q=1", true},
      {"http://host.example/x/../a/b?q=1", true},
      {"http://host.example/%61/b?q=%31", true},
      {"http://host.example/a/b?q=1#part", true},
      {"http://user:pw@host.example/a/b?q=1", true},
      {"http://host.example/a/b", false},
      {"http://host.example/a/b?q=12", false},
      {"http://host.example/a%2fb?q=1", false},
      {"http://host.example:8080/a/b?q=1", false},
      {"https://host.example/secret", true},
      {"host.example:443", false},
      {"http://192.0.2.1/x", true},
      {"http://3221225985/x", true},
      {"http://evil.example/", true},
      {"http://sub.evil.example/any?thing", true},
      {"http://notevil.example/", false},
      {"evil.example:443", true},
      {"SUB.evil.example:443", true},
      {"ftp://evil.example/file", true},
      {"http://u@evil.example/", true},
      {"http://good.example/@evil.example/", false},
      {"cache_object://host.example/", false},
      {"", false},
      {"://", false},
      {"\xff\xfe", false},
  };
  for (const auto& c : cases) EXPECT_EQ(IsBlocked(lines, c.request), c.blocked) << c.request;
}

TEST(SquidRequestListTest, BlocksNothingWithoutLines) {
  EXPECT_FALSE(IsBlocked("", "http://evil.example/"));
}

TEST(SquidMappedListTest, PicksUpAReplacedFileAndKeepsTheLastOneIfItGoes) {
  const platform::testing::TemporaryFolder folder;
  MappedList list(folder / "requests.list");
  EXPECT_FALSE(list.Refresh());
  ASSERT_TRUE(platform::WriteFileAtomically(folder / "requests.list", "domain a.example\n"));
  ASSERT_TRUE(list.Refresh());
  EXPECT_TRUE(IsBlocked(list.Lines(), "http://a.example/"));
  ASSERT_TRUE(platform::WriteFileAtomically(folder / "requests.list", "domain b.example\n"));
  ASSERT_TRUE(list.Refresh());
  EXPECT_FALSE(IsBlocked(list.Lines(), "http://a.example/"));
  EXPECT_TRUE(IsBlocked(list.Lines(), "http://b.example/"));
  std::filesystem::remove(folder / "requests.list");
  ASSERT_TRUE(list.Refresh());
  EXPECT_TRUE(IsBlocked(list.Lines(), "http://b.example/"));
}

TEST(SquidMappedListTest, TakesAnEmptyFileAsAnEmptyList) {
  const platform::testing::TemporaryFolder folder;
  ASSERT_TRUE(platform::WriteFileAtomically(folder / "requests.list", ""));
  MappedList list(folder / "requests.list");
  EXPECT_TRUE(list.Refresh());
  EXPECT_FALSE(IsBlocked(list.Lines(), "http://a.example/"));
}

}  // namespace
}  // namespace exporters::squid
