#include "exporters/last_known_good.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "platform/atomic_file.h"
#include "tests/exporters/signed_updates.h"
#include "tests/platform/temporary_folder.h"

namespace exporters {
namespace {

using exporters::testing::Held;
using exporters::testing::ListOf;
using exporters::testing::Snapshot;
using platform::testing::TemporaryFolder;
using policy::ErrorCode;

constexpr std::size_t size_max = 1024 * 1024;

class LastKnownGoodTest : public ::testing::Test {
 protected:
  void Overwrite(const std::string& name, const std::string& bytes) {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
  }
  std::string Bytes(const std::string& name) {
    return platform::ReadFile(folder_ / name, size_max).value();
  }

  TemporaryFolder folder_;
  LastKnownGood store_{folder_.path(), size_max};
  Snapshot one_ = ListOf({"domain a.example", "ip 192.0.2.1/32"});
  Snapshot two_ = ListOf({"domain b.example"});
};

TEST_F(LastKnownGoodTest, HoldsNothingAtFirst) {
  EXPECT_FALSE(store_.LoadGood().value());
  EXPECT_FALSE(store_.LoadNext().value());
}

TEST_F(LastKnownGoodTest, GivesBackWhatWasPromoted) {
  ASSERT_TRUE(store_.StoreNext(Held(7, one_)));
  EXPECT_FALSE(store_.LoadGood().value());
  ASSERT_TRUE(store_.Promote());
  const auto good = store_.LoadGood().value();
  ASSERT_TRUE(good);
  EXPECT_EQ(good->release, 7U);
  EXPECT_EQ(good->name, "resolvers");
  EXPECT_EQ(good->issued, Held(7, one_).issued);
  EXPECT_EQ(good->expires, Held(7, one_).expires);
  EXPECT_EQ(good->list->text(), one_->text());
  EXPECT_FALSE(store_.LoadNext().value());
}

TEST_F(LastKnownGoodTest, KeepsTheGoodOneWhileTheNextIsStored) {
  ASSERT_TRUE(store_.StoreNext(Held(7, one_)));
  ASSERT_TRUE(store_.Promote());
  ASSERT_TRUE(store_.StoreNext(Held(8, two_)));
  EXPECT_EQ(store_.LoadGood().value()->release, 7U);
  EXPECT_EQ(store_.LoadNext().value()->release, 8U);
  store_.DropNext();
  EXPECT_FALSE(store_.LoadNext().value());
  EXPECT_EQ(store_.LoadGood().value()->release, 7U);
}

TEST_F(LastKnownGoodTest, KeepsTheListToItself) {
  ASSERT_TRUE(store_.StoreNext(Held(7, one_)));
  struct stat status {};
  ASSERT_EQ(stat((folder_ / "last_good.next").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(LastKnownGoodTest, SurvivesAnEmptyList) {
  ASSERT_TRUE(store_.StoreNext(Held(7, ListOf({}))));
  EXPECT_EQ(store_.LoadNext().value()->list->size(), 0U);
}

TEST_F(LastKnownGoodTest, KeepsTermsAndWhatEndedWithoutTheAgent) {
  HeldList held = Held(7, testing::TermedListOf({{"domain a.example", {1'790'000'000, 90}},
                                                 {"ip 192.0.2.1/32", {1'790'000'009, 100}}}));
  held.ended = Ended{3, two_->digest()};
  ASSERT_TRUE(store_.StoreNext(held));
  const auto next = store_.LoadNext().value();
  EXPECT_EQ(next->list->id(), held.list->id());
  EXPECT_EQ(next->ended->lines, 3U);
  EXPECT_EQ(next->signed_digest(), two_->digest());
}

TEST_F(LastKnownGoodTest, ReadsTheFileOfAnExporterBeforeTerms) {
  const std::string lines = one_->text();
  Overwrite("last_good.list",
            "sekisho last good v1\nlist resolvers\nrelease 7\ndigest " +
                policy::ToHex(one_->digest()) +
                "\ncount 2\nissued 2026-11-24T10:00:00Z\nexpires 2026-11-25T10:00:00Z\n\n" + lines);
  const auto good = store_.LoadGood();
  ASSERT_TRUE(good) << good.error().detail;
  EXPECT_EQ((*good)->list->id(), one_->id());
  EXPECT_EQ((*good)->list->terms(0), policy::Terms{}) << "the agent knows better";
  EXPECT_FALSE((*good)->ended);
}

// Every cut, and a change of every byte, is noticed.
TEST_F(LastKnownGoodTest, S5_TakesNoFileThatIsNotWhatWasWritten) {
  const std::string whole =
      WriteHeldList(Held(7, testing::TermedListOf({{"domain a.example", {1'790'000'000, 90}},
                                                   {"ip 192.0.2.1/32", {1'790'000'009, 100}}})));
  ASSERT_TRUE(ReadHeldList(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(ReadHeldList(whole.substr(0, size))) << size;
  }
  const std::size_t lines_at = whole.find("\n\n") + 2;
  for (std::size_t i = lines_at; i < whole.size(); ++i) {
    std::string flipped = whole;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    EXPECT_FALSE(ReadHeldList(flipped)) << i;
  }
}

TEST_F(LastKnownGoodTest, MovesACorruptFileAsideAndStartsAgain) {
  ASSERT_TRUE(store_.StoreNext(Held(7, one_)));
  ASSERT_TRUE(store_.Promote());
  const std::string bytes = Bytes("last_good.list");
  Overwrite("last_good.list", bytes.substr(0, bytes.size() - 5));
  const auto good = store_.LoadGood();
  ASSERT_FALSE(good);
  EXPECT_EQ(good.error().code, ErrorCode::corrupt);
  EXPECT_EQ(Bytes("last_good.list.corrupt"), bytes.substr(0, bytes.size() - 5));
  EXPECT_FALSE(store_.LoadGood().value());
}

TEST_F(LastKnownGoodTest, FailsToPromoteWhatIsNotThere) {
  EXPECT_FALSE(store_.Promote());
}

TEST_F(LastKnownGoodTest, S3_SaysSoWhenItCannotStore) {
  LastKnownGood nowhere(folder_ / "missing", size_max);
  EXPECT_FALSE(nowhere.StoreNext(Held(7, one_)));
}

}  // namespace
}  // namespace exporters
