#include "platform/subprocess.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

#include "platform/atomic_file.h"
#include "tests/platform/temporary_folder.h"

namespace platform {
namespace {

using policy::ErrorCode;
using std::chrono::milliseconds;
using std::chrono::seconds;
using SteadyClock = std::chrono::steady_clock;

RunOptions Within(milliseconds timeout) {
  RunOptions options;
  options.timeout = timeout;
  return options;
}

// A killed process may take a moment to vanish; a zombie of init's counts as gone.
bool GoesAway(pid_t pid) {
  for (int i = 0; i < 200; ++i) {
    if (::kill(pid, 0) != 0) return true;
    std::string text = ReadFile("/proc/" + std::to_string(pid) + "/stat", 4096).value_or("");
    if (text.find(") Z ") != std::string::npos) return true;
    std::this_thread::sleep_for(milliseconds(10));
  }
  return false;
}

TEST(RunTest, GivesOutputErrorsAndExitCode) {
  RunOptions options;
  options.input = "from stdin";
  const auto output = platform::Run({"sh", "-c", "cat; echo oops >&2; exit 3"}, options);
  ASSERT_TRUE(output) << output.error().detail;
  EXPECT_EQ(output->out, "from stdin");
  EXPECT_EQ(output->err, "oops\n");
  EXPECT_EQ(output->exit_code, 3);
}

TEST(RunTest, PassesArgumentsAsTheyAreAndUsesNoShell) {
  const auto output = platform::Run({"printf", "%s|", "$(id)", "; rm x", "a b", ""}, {});
  ASSERT_TRUE(output);
  EXPECT_EQ(output->out, "$(id)|; rm x|a b||");
}

TEST(RunTest, MovesMoreThanAPipeHoldsBothWaysAtOnce) {
  RunOptions options;
  options.input = std::string(3'000'000, 'x');
  options.output_max = 4'000'000;
  const auto output = platform::Run({"cat"}, options);
  ASSERT_TRUE(output) << output.error().detail;
  EXPECT_EQ(output->out, options.input);
}

TEST(RunTest, EndsAProgramThatRunsTooLong) {
  const auto start = SteadyClock::now();
  const auto output = platform::Run({"sh", "-c", "sleep 60 & sleep 60"}, Within(milliseconds(200)));
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, ErrorCode::exhausted);
  EXPECT_LT(SteadyClock::now() - start, seconds(5));
}

TEST(RunTest, DoesNotWaitForWhatTheProgramLeavesRunning) {
  const auto start = SteadyClock::now();
  const auto output = platform::Run({"sh", "-c", "sleep 60 & echo $!"}, Within(seconds(30)));
  ASSERT_TRUE(output) << output.error().detail;
  EXPECT_LT(SteadyClock::now() - start, seconds(10));
  EXPECT_TRUE(GoesAway(std::stoi(output->out)));
}

TEST(RunTest, EndsAProgramThatSaysTooMuch) {
  RunOptions options;
  options.output_max = 1000;
  const auto output = platform::Run({"yes"}, options);
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, ErrorCode::exhausted);
}

TEST(RunTest, SurvivesAProgramThatDoesNotReadItsInput) {
  RunOptions options;
  options.input = std::string(1'000'000, 'x');
  const auto output = platform::Run({"true"}, options);
  ASSERT_TRUE(output) << output.error().detail;
  EXPECT_EQ(output->exit_code, 0);
}

TEST(RunTest, SaysThatThereIsNoSuchProgram) {
  EXPECT_EQ(platform::Run({"sekisho-no-such-program"}, {}).error().code, ErrorCode::not_found);
  EXPECT_EQ(platform::Run({"/no/such/program"}, {}).error().code, ErrorCode::not_found);
  EXPECT_EQ(platform::Run({"/etc/passwd"}, {}).error().code, ErrorCode::not_allowed);
  EXPECT_EQ(platform::Run({}, {}).error().code, ErrorCode::malformed_input);
}

TEST(RunTest, KeepsOurEnvironmentFromTheProgram) {
  ASSERT_EQ(::setenv("SEKISHO_TEST_SECRET", "hunter2", 1), 0);
  RunOptions options;
  options.env = {{"GIVEN", "yes"}};
  const auto output = platform::Run({"env"}, options);
  ASSERT_TRUE(output);
  EXPECT_EQ(output->out.find("hunter2"), std::string::npos);
  EXPECT_NE(output->out.find("GIVEN=yes\n"), std::string::npos);
  options.inherit_env = true;
  EXPECT_NE(platform::Run({"env"}, options)->out.find("hunter2"), std::string::npos);
  ::unsetenv("SEKISHO_TEST_SECRET");
}

TEST(RunTest, KeepsOurFileDescriptorsFromTheProgram) {
  const testing::TemporaryFolder folder;
  FILE* leak = std::fopen((folder / "leak").c_str(), "w");  // without O_CLOEXEC
  const auto output = platform::Run({"ls", "/proc/self/fd"}, {});
  std::fclose(leak);
  ASSERT_TRUE(output);
  EXPECT_EQ(output->out, "0\n1\n2\n3\n");  // 3 is that of ls, for the folder
}

TEST(RunTest, StartsInTheFolderAsked) {
  RunOptions options;
  options.cwd = "/";
  EXPECT_EQ(platform::Run({"pwd"}, options)->out, "/\n");
  options.cwd = "/no/such/folder";
  EXPECT_EQ(platform::Run({"pwd"}, options).error().code, ErrorCode::not_found);
}

TEST(RunTest, TellsOfASignalAsAShellDoes) {
  EXPECT_EQ(platform::Run({"sh", "-c", "kill -TERM $$"}, {})->exit_code, 128 + SIGTERM);
}

TEST(ChildProcessTest, RunsBesideUsUntilItIsTerminated) {
  auto child = ChildProcess::Start({"sleep", "60"}, {});
  ASSERT_TRUE(child) << child.error().detail;
  EXPECT_TRUE(child->Running());
  EXPECT_EQ(child->Wait(milliseconds(10)), std::nullopt);
  EXPECT_EQ(child->Terminate(seconds(5)), 128 + SIGTERM);
  EXPECT_FALSE(child->Running());
}

TEST(ChildProcessTest, IsKilledIfItIgnoresTheRequestToEnd) {
  const testing::TemporaryFolder folder;
  ChildOptions options;
  options.output_file = folder / "log";
  auto child = ChildProcess::Start(
      {"sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"}, options);
  ASSERT_TRUE(child);
  for (int i = 0; i < 500 && ReadFile(folder / "log", 100).value_or("").empty(); ++i) {
    std::this_thread::sleep_for(milliseconds(10));
  }
  ASSERT_EQ(ReadFile(folder / "log", 100).value(), "ready\n");
  EXPECT_EQ(child->Terminate(milliseconds(100)), 128 + SIGKILL);
}

TEST(ChildProcessTest, TakesItsWholeGroupAlongWhenItGoes) {
  const testing::TemporaryFolder folder;
  ChildOptions options;
  options.output_file = folder / "log";
  pid_t grandchild = 0;
  {
    auto child = ChildProcess::Start({"sh", "-c", "sleep 60 & echo $!; wait"}, options);
    ASSERT_TRUE(child);
    std::string text;
    for (int i = 0; i < 500 && !text.ends_with('\n'); ++i) {
      std::this_thread::sleep_for(milliseconds(10));
      text = ReadFile(folder / "log", 100).value_or("");
    }
    grandchild = std::stoi(text);
  }
  EXPECT_TRUE(GoesAway(grandchild));
}

TEST(ChildProcessTest, GivesTheExitCode) {
  auto child = ChildProcess::Start({"sh", "-c", "exit 7"}, {});
  ASSERT_TRUE(child);
  EXPECT_EQ(child->Wait(seconds(10)), 7);
  EXPECT_EQ(child->Terminate(seconds(0)), 7);
}

TEST(ChildProcessTest, DiesWithTheThreadThatStartedIt) {
  pid_t pid = 0;
  std::optional<ChildProcess> child;
  std::thread([&] {
    child = ChildProcess::Start({"sleep", "60"}, {}).value();
    pid = child->pid();
  }).join();
  EXPECT_EQ(child->Wait(seconds(10)), 128 + SIGKILL);
}

}  // namespace
}  // namespace platform
