#include "cli/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/fixture.h"

namespace cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> Words(const std::vector<std::string>& typed) {
  std::vector<std::string> words;
  for (const auto& one : Complete(DescribeCommands(), typed).candidates) words.push_back(one.word);
  return words;
}

TEST(Completion, OffersTheCommandsThatBeginSo) {
  EXPECT_THAT(Words({"qu"}), ElementsAre("queue"));
  EXPECT_THAT(Words({""}), Contains("feed"));
  EXPECT_THAT(Words({"queue", "re"}), Contains("reject"));
}

TEST(Completion, OffersOptionsOfTheCommandAndOfThoseAboveIt) {
  const auto words = Words({"queue", "list", "--"});
  EXPECT_THAT(words, Contains("--filter"));
  EXPECT_THAT(words, Contains("--token-file"));
  EXPECT_THAT(words, Not(Contains("--reason")));
}

TEST(Completion, OffersTheValuesThatAnOptionTakes) {
  EXPECT_THAT(Words({"-o", ""}), ElementsAre("table", "json"));
  EXPECT_THAT(Words({"queue", "list", "--kind", "u"}), ElementsAre("url"));
  EXPECT_THAT(Words({"completion", ""}), ElementsAre("bash", "fish", "zsh"));
}

TEST(Completion, OffersFilesOnlyWhereAFileIsMeant) {
  EXPECT_TRUE(Complete(DescribeCommands(), {"--ca", ""}).files);
  EXPECT_TRUE(Complete(DescribeCommands(), {"policy", "test", "ca"}).files);
  EXPECT_TRUE(Complete(DescribeCommands(), {"observe", "--file", ""}).files);
  EXPECT_FALSE(Complete(DescribeCommands(), {"policy", "test", "a.yaml", ""}).files);
  EXPECT_FALSE(Complete(DescribeCommands(), {"queue", "list", "--filter", ""}).files);
}

TEST(Completion, TakesAnOptionsValueForNoCommand) {
  EXPECT_THAT(Words({"--server-name", "queue", "fe"}), ElementsAre("feed"));
  EXPECT_THAT(Words({"queue", "approve", "--reason", ""}), IsEmpty());
}

TEST(Completion, OffersNoOptionsBehindTwoDashes) {
  EXPECT_THAT(Words({"why", "--", "--"}), IsEmpty());
}

using CompletionCommand = testing::CliTest;

TEST_F(CompletionCommand, AnswersAShellWithoutAnAgent) {
  environment_.clear();
  const auto outcome = RunWords({"__complete", "history", "pr"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.out, "proof\tprove that an entry is in the history\n");
}

TEST_F(CompletionCommand, KnowsNoOtherShell) {
  const auto outcome = Run("completion tcsh");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, ::testing::HasSubstr("bash"));
}

}  // namespace
}  // namespace cli
