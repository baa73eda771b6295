#include "sekisho/v1/allowlist.grpc.pb.h"
#include "tests/cli/fixture.h"

namespace cli::testing {
namespace {

class AllowlistCommandsTest : public CliTest {};

TEST_F(AllowlistCommandsTest, ListsAllListsAndWhatPeopleAdded) {
  const Outcome outcome = Run("allowlist list");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "NAME         CATEGORY            EFFECT  COUNT  SOURCE  STATE\n"
            "cdn          cdn                 never   0      source  never loaded\n"
            "own entries  legitimate-service  never   0      people  -\n");
  ASSERT_EQ(Run("allowlist add shop.example --owner web --reason ours").code, 0);
  const Outcome later = Run("allowlist list");
  EXPECT_NE(later.out.find("Entries of people"), std::string::npos) << later.out;
  EXPECT_NE(later.out.find("shop[.]example"), std::string::npos);
}

TEST_F(AllowlistCommandsTest, ShowsWhatAnEntryWouldDoBeforeItIsMade) {
  const Outcome dry = Run("allowlist add shop.example --owner web --reason ours --dry-run");
  EXPECT_EQ(dry.code, 0) << dry.err;
  EXPECT_NE(dry.out.find("leaves the devices  2      www[.]shop[.]example\n"), std::string::npos)
      << dry.out;
  EXPECT_TRUE(agent_.allowlists.entries.empty());
  EXPECT_EQ(Run("allowlist add 192.0.2.1 --owner web --reason ours --effect review --exact "
                "--expires 2030-01-01T00:00:00Z")
                .code,
            0);
  const auto& request = agent_.allowlists.last_add;
  EXPECT_EQ(request.effect(), "review");
  EXPECT_TRUE(request.exact());
  EXPECT_EQ(request.expires().seconds(), 1'893'456'000);
}

TEST_F(AllowlistCommandsTest, ARemovalWaitsForAnotherPerson) {
  ASSERT_EQ(Run("allowlist add shop.example --owner web --reason ours").code, 0);
  const Outcome asked = Run("allowlist remove 1 --reason sold");
  EXPECT_EQ(asked.code, 0);
  EXPECT_NE(asked.err.find("entry 1 stays until another person"), std::string::npos) << asked.err;
  EXPECT_EQ(Run("allowlist remove 9 --reason sold").code, 3);
}

TEST_F(AllowlistCommandsTest, SearchesAndWantsAnOwnerAndAReason) {
  ASSERT_EQ(Run("allowlist add shop.example --owner web --reason ours").code, 0);
  EXPECT_NE(Run("allowlist search shop").out.find("text      shop[.]example"), std::string::npos);
  EXPECT_EQ(Run("allowlist add shop.example --reason ours").code, 2);
  EXPECT_EQ(RunWords({"allowlist", "add", "shop.example", "--owner", "web", "--reason", " "}).code,
            2);
  EXPECT_EQ(Run("allowlist add shop.example --owner web --reason ours --effect url-only").code, 2);
}

}  // namespace
}  // namespace cli::testing
