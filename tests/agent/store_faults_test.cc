#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "agent/store/sqlite_store.h"
#include "tests/agent/fault_disk.h"
#include "tests/platform/temporary_folder.h"

namespace agent::store {
namespace {

using policy::ErrorCode;
using Operation = FaultDisk::Operation;

// A store that counts: each commit adds one release and, with it, one leaf.
class StoreFaults : public ::testing::Test {
 protected:
  StoreFaults() : disk_(folder_.path() / "disk") {
    std::filesystem::create_directories(folder_.path() / "disk");
  }

  std::filesystem::path file() const { return folder_.path() / "disk" / "agent.db"; }
  void Open() {
    auto store = OpenSqlite(file());
    ASSERT_TRUE(store) << store.error().detail;
    store_ = *std::move(store);
  }

  static Result<void> Fill(Transaction& transaction, std::uint64_t number) {
    const Release release{number, TimePoint(), std::string(3000, 'x'), {}};
    if (auto put = transaction.PutRelease(release); !put) return put;
    return transaction.PutLeaf({number, std::string(3000, 'y'), {}}, "subject", TimePoint());
  }
  Result<void> CommitOne(std::uint64_t number) {
    auto transaction = store_->Begin();
    if (!transaction) return tl::unexpected(transaction.error());
    if (auto filled = Fill(**transaction, number); !filled) return filled;
    return (*transaction)->Commit();
  }
  // How many commits a store holds; fails unless both or neither of each is there.
  static std::uint64_t CommitsIn(Store& store) {
    const auto reader = store.Read().value();
    const auto releases = reader->ListReleases(0, 10'000).value();
    EXPECT_EQ(releases.size(), reader->Leaves(0, 10'000).value().size());
    for (std::size_t i = 0; i < releases.size(); ++i) {
      EXPECT_EQ(releases[i].number, releases.size() - 1 - i);
    }
    return releases.size();
  }
  std::uint64_t Commits() { return CommitsIn(*store_); }

  // What a power cut at this moment would leave of the commits.
  std::uint64_t CommitsAfterPowerCut(const std::function<bool()>& chance) {
    const auto folder = folder_.path() / ("cut" + std::to_string(cuts_++));
    disk_.PowerCut(folder, chance);
    std::uint64_t count = 0;
    {
      const auto store = OpenSqlite(folder / "agent.db");
      EXPECT_TRUE(store) << store.error().detail;
      if (store) count = CommitsIn(**store);
    }
    std::filesystem::remove_all(folder);
    return count;
  }

  platform::testing::TemporaryFolder folder_;
  FaultDisk disk_;
  std::unique_ptr<Store> store_;
  int cuts_ = 0;
};

bool Keep() {
  return true;
}
bool Drop() {
  return false;
}

TEST_F(StoreFaults, S1_AKilledAgentLeavesEachCommitWholeOrNotAtAll) {
  Open();
  std::uint64_t acknowledged = 0;
  disk_.OnOperation([&] {
    const auto found = CommitsAfterPowerCut(Keep);  // what the kernel has, it still writes
    EXPECT_TRUE(found == acknowledged || found == acknowledged + 1) << found;
  });
  for (; acknowledged < 20; ++acknowledged) ASSERT_TRUE(CommitOne(acknowledged));
  disk_.OnOperation(nullptr);
}

TEST_F(StoreFaults, S2_EveryAcknowledgedCommitSurvivesPowerLoss) {
  Open();
  std::mt19937 random(20261124);
  std::uint64_t acknowledged = 0;
  const auto check = [&](const std::function<bool()>& chance) {
    const auto found = CommitsAfterPowerCut(chance);
    EXPECT_TRUE(found == acknowledged || found == acknowledged + 1)
        << found << " found, acknowledged " << acknowledged;
  };
  disk_.OnOperation([&] {
    check(Drop);
    check([&random] { return random() % 2 == 0; });
  });
  for (; acknowledged < 20; ++acknowledged) ASSERT_TRUE(CommitOne(acknowledged));
  disk_.OnOperation(nullptr);
  EXPECT_EQ(CommitsAfterPowerCut(Drop), 20U);
}

TEST_F(StoreFaults, S2_APowerCutDuringACheckpointLosesNothing) {
  Open();
  std::mt19937 random(7);
  std::uint64_t acknowledged = 0;
  for (; acknowledged < 600; ++acknowledged) {
    if (acknowledged % 60 == 0) {
      EXPECT_EQ(CommitsAfterPowerCut(Drop), acknowledged);
    }
    ASSERT_TRUE(CommitOne(acknowledged));
  }
  // By now the WAL has been moved into the database file several times over.
  EXPECT_EQ(CommitsAfterPowerCut([&random] { return random() % 2 == 0; }), 600U);
  EXPECT_LT(std::filesystem::file_size(file().string() + "-wal"), 16U << 20);
}

TEST_F(StoreFaults, S3_AFullDiskRefusesTheWriteCleanlyAndTheStoreRecovers) {
  Open();
  ASSERT_TRUE(CommitOne(0));
  int refused = 0;
  for (int skip = 0; skip < 12; ++skip) {
    const std::uint64_t before = Commits();
    disk_.Fail({Operation::write, "-wal", SQLITE_FULL, skip});
    const auto done = CommitOne(before);
    if (!done) {
      ++refused;
      EXPECT_EQ(done.error().code, ErrorCode::exhausted) << done.error().detail;
      EXPECT_NE(done.error().detail.find("free some space"), std::string::npos)
          << done.error().detail;
      EXPECT_EQ(Commits(), before) << "readers go on";
      EXPECT_EQ(CommitsAfterPowerCut(Keep), before) << "a refused write must not come back";
    }
    disk_.Heal();
    const std::uint64_t now = Commits();
    ASSERT_TRUE(CommitOne(now));
    EXPECT_EQ(CommitsAfterPowerCut(Drop), now + 1);
  }
  EXPECT_GT(refused, 2);
}

TEST_F(StoreFaults, S3_AFullDiskUnderTheDatabaseFileOnlyLetsTheWalGrow) {
  Open();
  disk_.Fail({Operation::write, ".db", SQLITE_FULL});
  for (std::uint64_t i = 0; i < 600; ++i) ASSERT_TRUE(CommitOne(i));
  EXPECT_EQ(CommitsAfterPowerCut(Drop), 600U);
  disk_.Heal();
  ASSERT_TRUE(CommitOne(600));
  EXPECT_EQ(CommitsAfterPowerCut(Drop), 601U);
}

TEST_F(StoreFaults, S3_AFullDiskWhileALargeTransactionSpillsRefusesAllOfIt) {
  Open();
  disk_.Fail({Operation::write, "-wal", SQLITE_FULL});
  {
    auto transaction = store_->Begin().value();
    Result<void> filled;
    for (std::uint64_t i = 0; i < 100'000 && filled; ++i) filled = Fill(*transaction, i);
    ASSERT_FALSE(filled) << "the cache is bounded, so this must have spilled";
    EXPECT_EQ(filled.error().code, ErrorCode::exhausted);
    disk_.Heal();
    EXPECT_EQ(Fill(*transaction, 200'000).error().code, ErrorCode::exhausted);
    EXPECT_EQ(transaction->Commit().error().code, ErrorCode::exhausted);
  }
  EXPECT_EQ(Commits(), 0U);
  EXPECT_TRUE(CommitOne(0));
}

TEST_F(StoreFaults, S4_AFailedSyncMakesTheOutcomeUnknownAndIsNotTriedAgain) {
  Open();
  ASSERT_TRUE(CommitOne(0));
  disk_.Fail({Operation::sync, "-wal", SQLITE_IOERR_FSYNC, 0, 1});
  const auto done = CommitOne(1);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::outcome_unknown) << done.error().detail;
  EXPECT_EQ(store_->Begin().error().code, ErrorCode::unavailable);
  EXPECT_GE(Commits(), 1U) << "readers go on";

  store_.reset();
  Open();
  const std::uint64_t found = Commits();
  EXPECT_TRUE(found == 1 || found == 2) << found;
  EXPECT_EQ(CommitsAfterPowerCut(Drop), found) << "what it shows after opening has to last";
  ASSERT_TRUE(CommitOne(found));
}

TEST_F(StoreFaults, S4_AnInputOutputErrorIsAnErrorAndNothingElse) {
  for (const int skip : {0, 1, 2, 3, 5, 8}) {
    Open();
    const std::uint64_t before = Commits();
    disk_.Fail({Operation::write, "-wal", SQLITE_IOERR_WRITE, skip, 1});
    const auto done = CommitOne(before);
    disk_.Heal();
    if (!done) {
      EXPECT_EQ(done.error().code, ErrorCode::outcome_unknown) << done.error().detail;
    }
    store_.reset();
    Open();
    const std::uint64_t found = Commits();
    EXPECT_TRUE(found == before || found == before + 1);
    ASSERT_TRUE(CommitOne(found));
    store_.reset();
  }
}

TEST_F(StoreFaults, S4_AReaderReportsAnErrorAndWorksAgainLater) {
  Open();
  for (std::uint64_t i = 0; i < 5; ++i) ASSERT_TRUE(CommitOne(i));
  disk_.Fail({Operation::read, "-wal", SQLITE_IOERR_READ});
  {
    const auto reader = store_->Read();
    if (reader) {
      EXPECT_FALSE((*reader)->ListReleases(0, 100));
    }
  }
  disk_.Heal();
  EXPECT_EQ(Commits(), 5U);
}

TEST_F(StoreFaults, S5_ADamagedFileIsRefused) {
  Open();
  for (std::uint64_t i = 0; i < 50; ++i) ASSERT_TRUE(CommitOne(i));
  store_.reset();
  {
    std::fstream bytes(file(), std::ios::in | std::ios::out | std::ios::binary);
    for (std::streamoff at = 4096; at < 200'000; at += 4096) {
      bytes.seekp(at + 2);
      bytes.write("\xff\xff\xff\xff", 4);
    }
  }
  const auto store = OpenSqlite(file());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::corrupt) << store.error().detail;
}

TEST_F(StoreFaults, S7_AMigrationCutShortIsDoneAgain) {
  disk_.OnOperation([&] { EXPECT_EQ(CommitsAfterPowerCut(Drop), 0U); });
  Open();
  disk_.OnOperation(nullptr);
  ASSERT_TRUE(CommitOne(0));
}

}  // namespace
}  // namespace agent::store
