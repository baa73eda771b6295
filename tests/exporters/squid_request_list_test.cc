#include "exporters/squid/request_list.h"

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "exporters/squid/mapped_list.h"
#include "platform/atomic_file.h"
#include "tests/platform/temporary_folder.h"

namespace exporters::squid {
namespace {

std::string FileOf(std::vector<std::string> lines) {
  return RequestList::Write(*policy::ListSnapshot::FromLines(std::move(lines)));
}

bool Blocks(const std::string& file, const std::string& request) {
  const auto list = RequestList::Read(file);
  EXPECT_TRUE(list.has_value()) << (list ? "" : list.error().detail);
  return list && list->Blocks(request);
}

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
  const std::string file =
      FileOf({"domain evil.example", "url http://192.0.2.1/x", "url http://host.example/a/b?q=1",
              "url https://host.example/secret"});
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
      {"http://_no.name_.evil.example/", true},
      {"http://evil.example.../", true},
      {"http://%65vil.example/", true},
      {"http://-.evil.example:1/", true},
      {"http://evil.example:99999/", true},
      {"http://evil.example.good.example/", false},
      {"cache_object://host.example/", false},
      {"", false},
      {"://", false},
      {"\xff\xfe", false},
  };
  for (const auto& c : cases) EXPECT_EQ(Blocks(file, c.request), c.blocked) << c.request;
}

TEST(SquidRequestListTest, BlocksNothingIfTheListIsEmpty) {
  EXPECT_FALSE(Blocks(FileOf({}), "http://evil.example/"));
}

TEST(SquidRequestListTest, BlocksItsOwnMarkerAndNoOtherNameBelowInvalid) {
  const auto list = policy::ListSnapshot::FromLines({"domain invalid", "domain sekisho.invalid"});
  const std::string file = RequestList::Write(*list);
  EXPECT_TRUE(Blocks(file, "http://" + RequestList::MarkerOf(list->digest()) + "/"));
  const auto other = policy::ListSnapshot::Empty();
  EXPECT_FALSE(Blocks(file, "http://" + RequestList::MarkerOf(other->digest()) + "/"));
  EXPECT_FALSE(Blocks(file, "http://control.sekisho.invalid/"));
}

// I8: a list that was cut short or changed on its way never decides.
TEST(ExporterFaults, I8_SquidsHelperRefusesAListThatIsNotWhole) {
  const std::string file = FileOf({"domain a.example", "domain b.example"});
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_FALSE(RequestList::Read(file.substr(0, size)).has_value()) << size;
  }
  for (std::size_t i = 0; i < file.size(); ++i) {
    std::string changed = file;
    changed[i] = changed[i] == 'x' ? 'y' : 'x';
    EXPECT_FALSE(RequestList::Read(changed).has_value()) << i;
  }
  EXPECT_FALSE(RequestList::Read(file + "domain c.example\n").has_value());
  EXPECT_TRUE(RequestList::Read(file).has_value());
}

class SquidMappedListTest : public testing::Test {
 protected:
  void Put(const std::string& bytes) {
    ASSERT_TRUE(platform::WriteFileAtomically(folder_ / "requests.list", bytes));
  }
  bool Blocks(const std::string& request) {
    const RequestList* const newest = list_.Newest();
    return newest != nullptr && newest->Blocks(request);
  }
  platform::testing::TemporaryFolder folder_;
  MappedList list_{folder_ / "requests.list"};
};

TEST_F(SquidMappedListTest, PicksUpAReplacedFileAndKeepsTheLastOneIfItGoes) {
  EXPECT_EQ(list_.Newest(), nullptr);
  EXPECT_NE(list_.problem(), "");
  Put(FileOf({"domain a.example"}));
  EXPECT_TRUE(Blocks("http://a.example/"));
  EXPECT_EQ(list_.problem(), "");
  Put(FileOf({"domain b.example"}));
  EXPECT_FALSE(Blocks("http://a.example/"));
  EXPECT_TRUE(Blocks("http://b.example/"));
  std::filesystem::remove(folder_ / "requests.list");
  EXPECT_TRUE(Blocks("http://b.example/"));
  EXPECT_NE(list_.problem().find("requests.list"), std::string::npos) << list_.problem();
}

TEST_F(SquidMappedListTest, KeepsTheLastGoodListWhileTheNewOneIsDamaged) {
  Put(FileOf({"domain a.example"}));
  EXPECT_TRUE(Blocks("http://a.example/"));
  for (const std::string& damaged : {std::string(), std::string("domain b.example\n"),
                                     FileOf({"domain b.example"}).substr(0, 100)}) {
    Put(damaged);
    EXPECT_TRUE(Blocks("http://a.example/")) << damaged;
    EXPECT_NE(list_.problem(), "") << damaged;
  }
  Put(FileOf({"domain b.example"}));
  EXPECT_TRUE(Blocks("http://b.example/"));
  EXPECT_EQ(list_.problem(), "");
}

TEST_F(SquidMappedListTest, UsesNothingOfAFileThatWasChangedInPlace) {
  Put(FileOf({"domain a.example"}));
  EXPECT_TRUE(Blocks("http://a.example/"));
  std::filesystem::resize_file(folder_ / "requests.list", 0);
  EXPECT_EQ(list_.Newest(), nullptr);
  EXPECT_NE(list_.problem(), "");
  Put(FileOf({"domain a.example"}));
  EXPECT_TRUE(Blocks("http://a.example/"));
}

}  // namespace
}  // namespace exporters::squid
