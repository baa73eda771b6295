#include "tests/cli/fixture.h"

namespace cli::testing {
namespace {

class HistoryTest : public CliTest {
 protected:
  HistoryTest() { agent_.history.Write({1, 2, 4, 3}); }
  Outcome Verify(const std::string& more = "") {
    return Run("history verify --key " + agent_.history.VerifierKeyText() + " " + more);
  }
  Outcome Prove(int index) {
    return Run("history proof " + std::to_string(index) + " --key " +
               agent_.history.VerifierKeyText());
  }
  sekisho::v1::Entry& EntryAt(std::size_t i) { return agent_.history.entries[i]; }
};

TEST_F(HistoryTest, ListsEntriesWithTheirSubjectsDefanged) {
  const Outcome outcome = Run("history list --limit 2");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "INDEX  AT                    ACTOR  ACTION   SUBJECT              DETAIL\n"
            "0      2023-11-14T22:13:20Z  alice  approve  domain d0[.]example  {\"n\":1}\n"
            "1      2023-11-14T22:13:21Z  alice  approve  domain d1[.]example  {\"n\":1}\n");
  EXPECT_EQ(outcome.err, "there are more: --from 2\n");
}

TEST_F(HistoryTest, VerifiesAGoodOneOverManyPages) {
  const Outcome outcome = Verify();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(outcome.out.starts_with("ENTRIES  PROVED\n10       10\n")) << outcome.out;
  EXPECT_NE(outcome.out.find("sekisho.example.org/history\n10\n"), std::string::npos);
  EXPECT_EQ(outcome.err, "the history is good: 10 entries, all of them proved\n");
}

TEST_F(HistoryTest, VerifiesOneThatGrowsMeanwhile) {
  agent_.history.writes_while_read = 5;
  const Outcome outcome = Verify();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "the history is good: 20 entries, all of them proved\n");
}

TEST_F(HistoryTest, VerifiesAnEmptyOne) {
  agent_.history.entries.clear();
  agent_.history.notes.clear();
  EXPECT_EQ(Verify().code, 0);
}

TEST_F(HistoryTest, FindsWhatWasChanged) {
  std::string leaf = EntryAt(4).leaf();
  leaf.replace(leaf.find("alice"), 5, "mal00");
  EntryAt(4).set_leaf(leaf);
  const Outcome outcome = Verify();
  EXPECT_EQ(outcome.code, 6);
  EXPECT_NE(outcome.err.find("NOT good, somewhere from entry 3 to 6"), std::string::npos)
      << outcome.err;
}

TEST_F(HistoryTest, FindsWhatIsMissing) {
  agent_.history.entries.erase(agent_.history.entries.begin() + 5);
  const Outcome outcome = Verify("-o json");
  EXPECT_EQ(outcome.code, 6);
  EXPECT_NE(outcome.out.find("\"ok\": false"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("\"first_bad_index\": \"5\""), std::string::npos) << outcome.out;
}

TEST_F(HistoryTest, FindsThatTheEndWasCutOff) {
  agent_.history.entries.resize(8);
  EXPECT_EQ(Verify().code, 6);
  agent_.history.entries.clear();
  EXPECT_EQ(Verify().code, 6);
}

TEST_F(HistoryTest, FindsEntriesThatNobodySigned) {
  agent_.history.notes.pop_back();
  const Outcome outcome = Verify();
  EXPECT_EQ(outcome.code, 6);
  EXPECT_NE(outcome.err.find("entry 7"), std::string::npos) << outcome.err;
}

TEST_F(HistoryTest, AWitnessedCheckpointFindsARewriteWithTheRealKey) {
  WriteFile("witness", agent_.history.notes.back());
  EXPECT_EQ(Verify("--witnessed " + (folder_ / "witness").string()).code, 0);
  agent_.history.entries.resize(7);
  agent_.history.notes.pop_back();
  EXPECT_EQ(Verify().code, 0) << "alone, the agent's word is consistent";
  EXPECT_EQ(Verify("--witnessed " + (folder_ / "witness").string()).code, 6);
}

TEST_F(HistoryTest, AWitnessFileHasToBeReadableAndSigned) {
  EXPECT_EQ(Verify("--witnessed " + (folder_ / "missing").string()).code, 2);
  WriteFile("forged", "sekisho.example.org/history\n10\nAAAA\n\n");
  EXPECT_EQ(Verify("--witnessed " + (folder_ / "forged").string()).code, 6);
}

TEST_F(HistoryTest, AnAgentThatRepeatsItselfIsFoundOut) {
  agent_.history.repeats_entries = true;
  EXPECT_EQ(Verify().code, 6);
  agent_.history.repeats_entries = false;
  agent_.history.repeats_notes = true;
  EXPECT_EQ(Verify().code, 6);
}

TEST_F(HistoryTest, AnAgentThatNeverEndsIsFoundOut) {
  agent_.history.is_endless = true;
  EXPECT_EQ(Verify().code, 6);
}

TEST_F(HistoryTest, ABadCheckpointIsNamedByTheEntryItIsOver) {
  agent_.history.notes[1].replace(agent_.history.notes[1].find("\n3\n"), 3, "\n4\n");
  const Outcome outcome = Verify();
  EXPECT_EQ(outcome.code, 6);
  EXPECT_NE(outcome.err.find("entry 1: the checkpoint over entry 1 is not to be believed"),
            std::string::npos)
      << outcome.err;
}

TEST_F(HistoryTest, AnotherKeyProvesNothing) {
  const FakeHistory another;
  EXPECT_EQ(Run("history verify --key " + another.VerifierKeyText()).code, 6);
  EXPECT_EQ(Run("history proof 1 --key " + another.VerifierKeyText()).code, 6);
}

TEST_F(HistoryTest, WithoutAKeyItSaysHowToGetOne) {
  for (const char* words : {"history verify", "history proof 1"}) {
    const Outcome outcome = Run(words);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_NE(outcome.err.find("Get it from whoever runs the agent"), std::string::npos);
  }
  EXPECT_EQ(Run("history verify --key nonsense").code, 2);
}

TEST_F(HistoryTest, TheKeyMayStandInTheConfiguration) {
  WriteFile("config.yaml", "verifier_key: " + agent_.history.VerifierKeyText() + "\n");
  EXPECT_EQ(Run("history verify --config " + (folder_ / "config.yaml").string()).code, 0);
}

TEST_F(HistoryTest, ProvesAnEntryItself) {
  const Outcome outcome = Prove(4);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(outcome.out.starts_with(EntryAt(4).leaf() + "\n")) << outcome.out;
  EXPECT_EQ(outcome.err, "entry 4 is in the history of 10 entries that the checkpoint signs\n");
  EXPECT_EQ(Prove(10).code, 3);
}

TEST_F(HistoryTest, BelievesNoProofThatIsNone) {
  std::string leaf = EntryAt(4).leaf();
  leaf.replace(leaf.find("alice"), 5, "mal00");
  EntryAt(4).set_leaf(leaf);
  const Outcome changed = Prove(4);
  EXPECT_EQ(changed.code, 6);
  EXPECT_EQ(changed.out, "");
  EntryAt(2) = EntryAt(3);  // another entry, in its place and with its own proof
  EXPECT_EQ(Prove(2).code, 6);
}

}  // namespace
}  // namespace cli::testing
