#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "platform/file_descriptor.h"
#include "tests/agent/engine_bulk_fixture.h"

namespace agent {
namespace {

using store::BulkState;
using store::ProposalState;

class EngineBulkKillTest : public EngineBulkFixture {
 protected:
  static constexpr std::size_t kRows = 400;

  // For a child process: starts the engine, says so, and has it work until it is killed, or done.
  [[noreturn]] void CarryOn(std::int64_t bulk, int begun) {
    Open();
    TakeAllowlist({"github.com"});
    engine_->Tick();
    if (::write(begun, "b", 1) != 1) ::_exit(1);
    Await(bulk);
    ::_exit(0);
  }
};

TEST_F(EngineBulkKillTest, O3_KilledAtAnyTimeItLosesNothingAndDecidesNothingTwice) {
  settings_.queue.bulk_slice = 3;
  Restart();
  Fill(kRows);
  const std::int64_t bulk = Approve()->bulk;
  std::mt19937 random(20261129);
  int kills = 0;
  for (bool is_done = false; !is_done;) {
    Close();
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    platform::FileDescriptor in(ends[0]);
    platform::FileDescriptor out(ends[1]);
    const pid_t child = ::fork();
    if (child == 0) CarryOn(bulk, out.get());
    char begun = 0;
    ASSERT_EQ(::read(in.get(), &begun, 1), 1);
    ::usleep(static_cast<useconds_t>(random() % 60'000));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    kills += WIFSIGNALED(status) ? 1 : 0;
    store_ = store::OpenSqlite(folder_ / "sekisho.db").value();
    const auto now = Bulk(bulk);
    EXPECT_EQ(now.decided, InState(ProposalState::approved));
    EXPECT_EQ(now.decided, EntriesOf("approve"));
    is_done = now.state != BulkState::running;
  }
  EXPECT_GT(kills, 1);
  Close();
  Open();
  const auto ended = Bulk(bulk);
  EXPECT_EQ(ended.state, BulkState::done);
  EXPECT_EQ(ended.decided, kRows);
  EXPECT_EQ(ended.release, 2U);
  EXPECT_EQ(publication_->Current("dns")->list->size(), kRows);
  EXPECT_EQ(store_->Read().value()->CountBlocks(true).value(), kRows);
  EXPECT_TRUE(HistoryVerifies());
}

}  // namespace
}  // namespace agent
