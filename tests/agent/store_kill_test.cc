#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "agent/store/sqlite_store.h"
#include "platform/file_descriptor.h"
#include "tests/platform/temporary_folder.h"

namespace agent::store {
namespace {

// Commits one release with one leaf after another, and tells `acknowledgements` of each. For a
// child process: never returns.
[[noreturn]] void WriteUntilKilled(const std::filesystem::path& file, int acknowledgements) {
  const auto store = OpenSqlite(file);
  if (!store) ::_exit(1);
  for (std::uint64_t next = (*store)->Read().value()->LeafCount().value();; ++next) {
    const auto transaction = (*store)->Begin().value();
    // Large enough for the WAL to be moved into the database file every few dozen commits.
    const Release release{next, TimePoint(), std::string(100'000, 'x'), {}};
    if (!transaction->PutRelease(release)) ::_exit(2);
    if (!transaction->PutLeaf({next, "leaf", {}}, "", TimePoint())) ::_exit(3);
    if (!transaction->Commit()) ::_exit(4);
    if (::write(acknowledgements, &next, sizeof next) != sizeof next) ::_exit(5);
  }
}

// Starts a writer and kills it once it has acknowledged `count` more commits. What the pipe still
// holds then counts as well. Gives the number of commits acknowledged in all, 0 for none.
std::uint64_t KillAfter(const std::filesystem::path& file, int count) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  platform::FileDescriptor in(ends[0]);
  platform::FileDescriptor out(ends[1]);
  const pid_t child = ::fork();
  if (child == 0) WriteUntilKilled(file, out.get());
  out.Close();
  std::uint64_t last = 0;
  std::uint64_t acknowledged = 0;
  for (int i = 0; ::read(in.get(), &last, sizeof last) == sizeof last; ++i) {
    acknowledged = last + 1;
    if (i == count) ::kill(child, SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "ended by itself with " << WEXITSTATUS(status);
  return acknowledged;
}

TEST(StoreKill, S1_WhatAKilledProcessAcknowledgedIsThereAndNothingByHalves) {
  const platform::testing::TemporaryFolder folder;
  const auto file = folder / "agent.db";
  std::mt19937 random(20261124);
  for (int round = 0; round < 15; ++round) {
    const std::uint64_t acknowledged = KillAfter(file, static_cast<int>(random() % 40));
    const auto store = OpenSqlite(file);
    ASSERT_TRUE(store) << "the dead one's lock has to be gone: " << store.error().detail;
    const auto reader = (*store)->Read().value();
    const std::uint64_t leaves = reader->LeafCount().value();
    const auto newest = reader->LatestRelease().value();
    ASSERT_TRUE(newest);
    EXPECT_EQ(newest->number + 1, leaves) << "a release without its leaf, or the reverse";
    EXPECT_TRUE(leaves == acknowledged || leaves == acknowledged + 1)
        << leaves << " found, acknowledged " << acknowledged;
  }
}

TEST(StoreKill, S10_AnotherProcessIsRefusedWhileTheFirstLives) {
  const platform::testing::TemporaryFolder folder;
  const auto file = folder / "agent.db";
  const auto store = OpenSqlite(file).value();
  const pid_t child = ::fork();
  if (child == 0) {
    const auto second = OpenSqlite(file);
    ::_exit(!second && second.error().code == policy::ErrorCode::conflict ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace agent::store
