#include "tests/cli/fixture.h"

namespace cli::testing {
namespace {

class DecideTest : public CliTest {
 protected:
  DecideTest() {
    agent_.queue.Add("domain", "one.evil.example");
    agent_.queue.Add("domain", "two.evil.example");
    agent_.queue.Add("ip", "192.0.2.1/32");
  }
  const std::string& StateOf(std::int64_t id) const { return agent_.queue.Of(id).state(); }
  int Asked() const { return static_cast<int>(agent_.queue.decisions.size()); }
};

TEST_F(DecideTest, ApprovesByIdWhatWasSeen) {
  const Outcome outcome = Run("queue approve 1 3 --reason seen --expires 2d");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "MATCHED  DECIDED  AWAITING ANOTHER PERSON  REFUSED  RELEASE\n"
            "2        2        0                        0        8\n");
  EXPECT_EQ(StateOf(1), "approved");
  EXPECT_EQ(StateOf(2), "pending");
  EXPECT_EQ(StateOf(3), "approved");
  ASSERT_EQ(Asked(), 1);
  EXPECT_EQ(agent_.queue.decisions[0].digests(0), agent_.queue.Of(1).digest());
  EXPECT_EQ(agent_.queue.decisions[0].lifetime().seconds(), 2 * 86'400);
  EXPECT_EQ(agent_.queue.decisions[0].reason(), "seen");
}

TEST_F(DecideTest, WaitsForABulkDecisionAndTellsWhatBecameOfIt) {
  agent_.queue.at_once_max = 1;
  v1::BulkDecision& bulk = agent_.bulk.decision;
  bulk.set_id(1);
  bulk.set_verdict("approve");
  bulk.set_voter("alice");
  bulk.set_state("done");
  bulk.set_matched(2);
  bulk.set_decided(2);
  bulk.set_release(8);
  const Outcome outcome = Run("queue approve --filter evil --yes --reason seen");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("bulk decision 1 goes on by itself"), std::string::npos);
  EXPECT_NE(outcome.out.find("done"), std::string::npos) << outcome.out;
  bulk.set_refused_total(1);
  EXPECT_EQ(Run("queue approve --filter evil --yes --reason seen").code, 1);
}

TEST_F(DecideTest, ABulkDecisionIsListedAndCancelled) {
  agent_.bulk.decision.set_id(1);
  agent_.bulk.decision.set_filter("threat:c2");
  EXPECT_NE(Run("bulk list").out.find("threat:c2"), std::string::npos);
  const Outcome cancelled = Run("bulk cancel 1 --reason wide");
  EXPECT_EQ(cancelled.code, 0) << cancelled.err;
  EXPECT_NE(cancelled.out.find("alice: wide"), std::string::npos) << cancelled.out;
  EXPECT_EQ(Run("bulk cancel 2 --reason wide").code, 3);
  EXPECT_EQ(Run("bulk cancel 1").code, 2);
}

TEST_F(DecideTest, RejectsAndDefers) {
  EXPECT_EQ(Run("queue reject 1 --reason ours").code, 0);
  EXPECT_EQ(StateOf(1), "rejected");
  EXPECT_EQ(Run("queue defer 2 --reason later --expires 7d").code, 0);
  EXPECT_EQ(StateOf(2), "deferred");
}

TEST_F(DecideTest, WhatAnotherIsAtIsSaidAndAskedAboutOnATerminal) {
  v1::Claim& claim = *agent_.queue.proposals[2].mutable_claim();
  claim.set_id(2);
  claim.set_name("bob");
  EXPECT_NE(Run("queue list").out.find("bob"), std::string::npos);
  EXPECT_NE(Run("queue show 2").out.find("bob, until"), std::string::npos);
  const Outcome claimed = Run("queue claim 1 2");
  EXPECT_EQ(claimed.code, 0);
  EXPECT_EQ(claimed.err, "bob is at proposal 2\n");

  is_terminal_ = true;
  typed_ = "no\n";
  const Outcome asked = Run("queue approve 2 --reason r");
  EXPECT_EQ(asked.code, 1);
  EXPECT_TRUE(asked.err.starts_with("bob is at proposal 2\n")) << asked.err;
  EXPECT_EQ(StateOf(2), "pending");
  typed_ = "1\n";
  EXPECT_EQ(Run("queue approve 2 --reason r").code, 0);
  EXPECT_EQ(StateOf(2), "approved");
}

TEST_F(DecideTest, AScriptIsToldAndGoesOn) {
  v1::Claim& claim = *agent_.queue.proposals[2].mutable_claim();
  claim.set_id(2);
  claim.set_name("bob");
  const Outcome outcome = Run("queue reject 2 --reason r");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err, "bob is at proposal 2\n");
}

TEST_F(DecideTest, AnUnknownIdDecidesNothing) {
  EXPECT_EQ(Run("queue approve 1 99 --reason r").code, 3);
  EXPECT_EQ(Asked(), 0);
}

TEST_F(DecideTest, AChangeOfContentSinceItWasReadIsAConflict) {
  agent_.queue.proposals[1].set_digest(std::string(32, 'x'));
  EXPECT_EQ(Run("queue approve 1 --reason r").code, 5);
  EXPECT_EQ(StateOf(1), "pending");
}

TEST_F(DecideTest, NamesEachRefusalAndFails) {
  agent_.queue.proposals[2].set_proposed_by("alice");
  const Outcome outcome = Run("queue approve 1 2 --reason r");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.err, "refused: 2 two[.]evil[.]example: you proposed it yourself\n");
  EXPECT_EQ(StateOf(1), "approved");
  EXPECT_EQ(StateOf(2), "pending");
}

TEST_F(DecideTest, ADryRunByIdOrFilterDecidesNothing) {
  for (const char* words : {"queue approve 1 2 --reason r --dry-run",
                            "queue approve --filter evil --reason r --dry-run"}) {
    const Outcome outcome = Run(words);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_NE(outcome.err.find("2 match"), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.out.find("two[.]evil[.]example"), std::string::npos) << outcome.out;
  }
  EXPECT_EQ(StateOf(1), "pending");
}

TEST_F(DecideTest, BulkShowsCountAndSampleAndAsksForTheCount) {
  is_terminal_ = true;
  typed_ = "2\n";
  const Outcome outcome = Run("queue approve --filter evil --reason r");
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("2 match, among them:"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("one[.]evil[.]example"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("To approve all 2, type 2: "), std::string::npos) << outcome.err;
  EXPECT_EQ(StateOf(1), "approved");
  EXPECT_EQ(StateOf(2), "approved");
  EXPECT_EQ(StateOf(3), "pending");
  ASSERT_EQ(Asked(), 2);
  EXPECT_EQ(agent_.queue.decisions[1].expected_count(), 2U);
}

TEST_F(DecideTest, BulkWithAnyOtherAnswerDecidesNothing) {
  is_terminal_ = true;
  for (const char* answer : {"", "\n", "y\n", "yes\n", "3\n", "2 \n", "02\n"}) {
    typed_ = answer;
    const Outcome outcome = Run("queue reject --filter evil --reason r");
    EXPECT_EQ(outcome.code, 1) << answer;
    EXPECT_NE(outcome.err.find("nothing was decided"), std::string::npos) << outcome.err;
    EXPECT_EQ(StateOf(1), "pending");
  }
}

TEST_F(DecideTest, BulkWithoutATerminalNeedsYes) {
  typed_ = "2\n";
  const Outcome refused = Run("queue approve --filter evil --reason r");
  EXPECT_EQ(refused.code, 2);
  EXPECT_NE(refused.err.find("--yes"), std::string::npos);
  EXPECT_EQ(Asked(), 0);
  EXPECT_EQ(Run("queue approve --filter evil --reason r --yes").code, 0);
  EXPECT_EQ(StateOf(2), "approved");
}

TEST_F(DecideTest, WhatJoinsAfterTheLookIsAConflict) {
  agent_.queue.after_dry_run = [this] { agent_.queue.Add("domain", "three.evil.example"); };
  const Outcome outcome = Run("queue approve --filter evil --reason r --yes");
  EXPECT_EQ(outcome.code, 5);
  EXPECT_EQ(StateOf(1), "pending");
}

TEST_F(DecideTest, BulkThatMatchesNothingAsksNothing) {
  is_terminal_ = true;
  const Outcome outcome = Run("queue approve --filter absent --reason r");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_NE(outcome.err.find("nothing matches"), std::string::npos);
  EXPECT_EQ(Asked(), 1);
}

TEST_F(DecideTest, ResultIsJsonOnRequestAndTheTalkStaysOutOfIt) {
  const Outcome outcome = Run("queue approve --filter 192 --reason r --yes -o json");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_TRUE(outcome.out.starts_with("{\n  \"matched\": \"1\",\n  \"decided\": \"1\","))
      << outcome.out;
}

}  // namespace
}  // namespace cli::testing
