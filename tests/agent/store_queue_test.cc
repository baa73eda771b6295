// Proposals, their votes, and what the queue is asked for.

#include "tests/agent/store_fixture.h"

namespace agent::store {
namespace {

using policy::ErrorCode;
using policy::IndicatorKind;

class StoreQueueTest : public StoreTest {};

TEST_P(StoreQueueTest, GivesBackAProposalAsItWasPut) {
  Proposal proposal = SomeProposal("url http://evil.example/a?b=%27");
  proposal.state = ProposalState::deferred;
  proposal.deferred_until = At(99);
  proposal.needs_two = true;
  proposal.reasons = "\"'; DROP TABLE proposal; --";
  proposal.evidence = std::string("a\0b", 3);
  proposal.campaign = "\"; DROP TABLE trait;--";
  proposal.malware = "Robert'); DROP TABLE trait;--";
  const std::int64_t id = Add(proposal);
  Reopen();
  const auto found = Read()->FindProposal(id).value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, id);
  EXPECT_EQ(found->target, proposal.target);
  EXPECT_EQ(found->lifetime, proposal.lifetime);
  EXPECT_EQ(found->policy_version, proposal.policy_version);
  EXPECT_EQ(found->digest, proposal.digest);
  EXPECT_EQ(found->state, proposal.state);
  EXPECT_EQ(found->confidence, proposal.confidence);
  EXPECT_EQ(found->needs_two, proposal.needs_two);
  EXPECT_EQ(found->proposed_by, proposal.proposed_by);
  EXPECT_EQ(found->proposed_at, proposal.proposed_at);
  EXPECT_EQ(found->changed_at, proposal.changed_at);
  EXPECT_EQ(found->deferred_until, proposal.deferred_until);
  EXPECT_EQ(found->feeds, proposal.feeds);
  EXPECT_EQ(found->threat, proposal.threat);
  EXPECT_EQ(found->malware, proposal.malware);
  EXPECT_EQ(found->campaign, proposal.campaign);
  EXPECT_EQ(found->reason_codes, proposal.reason_codes);
  EXPECT_EQ(found->reasons, proposal.reasons);
  EXPECT_EQ(found->evidence, proposal.evidence);
  EXPECT_EQ(found->sources_total, proposal.sources_total);
}

TEST_P(StoreQueueTest, FindsTheNewestProposalForATarget) {
  Add(SomeProposal("domain evil.example"));
  const std::int64_t newest = Add(SomeProposal("domain evil.example", 90));
  Add(SomeProposal("domain other.example"));
  EXPECT_EQ(Read()->FindProposal(Target("domain evil.example")).value()->id, newest);
  EXPECT_FALSE(Read()->FindProposal(Target("ip 192.0.2.1/32")).value());
  EXPECT_FALSE(Read()->FindProposal(12345).value());
}

TEST_P(StoreQueueTest, ReplacingAProposalMovesItInTheQueueAndInTheCounts) {
  Proposal proposal = SomeProposal("domain evil.example");
  proposal.id = Add(proposal);
  Add(SomeProposal("domain other.example"));
  proposal.state = ProposalState::approved;
  proposal.feeds = ",misp,";
  Add(proposal);
  EXPECT_EQ(Ask({.states = {ProposalState::pending}}), Lines{"domain other.example"});
  EXPECT_EQ(Ask({.states = {ProposalState::approved}}), Lines{"domain evil.example"});
  EXPECT_EQ(Ask({.feed = "urlhaus"}), Lines{"domain other.example"});
  EXPECT_EQ(Ask({}).size(), 2U);
  proposal.id = 999;
  const auto transaction = store_->Begin().value();
  EXPECT_EQ(transaction->PutProposal(proposal).error().code, ErrorCode::not_found);
}

TEST_P(StoreQueueTest, TheQueueIsOrderedByConfidenceThenAge) {
  Add(SomeProposal("domain c.example", 50));
  Add(SomeProposal("domain a.example", 90));
  Add(SomeProposal("domain d.example", 50));
  Add(SomeProposal("domain b.example", 70));
  EXPECT_EQ(Ask({}), (Lines{"domain a.example", "domain b.example", "domain c.example",
                            "domain d.example"}));
}

TEST_P(StoreQueueTest, PagesNeitherRepeatNorSkip) {
  Commit([](Transaction& transaction) {
    for (int i = 0; i < 95; ++i) {
      Proposal proposal = SomeProposal("domain d" + std::to_string(i) + ".example", i % 4);
      proposal.state = i % 3 == 0 ? ProposalState::deferred : ProposalState::pending;
      ASSERT_TRUE(transaction.PutProposal(proposal));
    }
  });
  const auto all = Read()->ListProposals({}, std::nullopt, 1000).value();
  ASSERT_EQ(all.size(), 95U);
  std::vector<std::int64_t> paged;
  std::optional<Reader::Cursor> after;
  for (;;) {
    const auto page = Read()->ListProposals({}, after, 7).value();
    for (const Proposal& proposal : page) paged.push_back(proposal.id);
    if (page.size() < 7) break;
    after = Reader::Cursor{page.back().confidence, page.back().id};
  }
  ASSERT_EQ(paged.size(), all.size());
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(paged[i], all[i].id);
}

TEST_P(StoreQueueTest, WithinMeansTheNameWhatIsBelowItAndUrlsThere) {
  for (const std::string line :
       {"domain example.com", "domain www.example.com", "domain a.b.example.com",
        "domain notexample.com", "domain example.com.evil.org", "domain com", "domain exam.com",
        "domain example-x.com", "url http://example.com/", "url https://cdn.example.com:8443/x",
        "url http://evil.org/example.com", "ip 192.0.2.1/32", "url http://192.0.2.1/example.com"}) {
    Add(SomeProposal(line));
  }
  EXPECT_EQ(Ask({.within = "example.com"}),
            (Lines{"domain example.com", "domain www.example.com", "domain a.b.example.com",
                   "url http://example.com/", "url https://cdn.example.com:8443/x"}));
  EXPECT_EQ(Ask({.within = "com"}).size(), 9U);
  EXPECT_EQ(Ask({.kind = IndicatorKind::url, .within = "example.com"}).size(), 2U);
  EXPECT_TRUE(Ask({.within = "ample.com"}).empty());
  EXPECT_TRUE(Ask({.within = "%"}).empty());
}

TEST_P(StoreQueueTest, AQueryWithinAPrefixFindsWhatIsInsideIt) {
  const Lines lines{"ip 192.0.2.0/25", "ip 192.0.2.255/32",  "url http://192.0.2.7/x",
                    "ip 192.0.0.0/16", "ip 2001:db8::1/128", "domain example.com"};
  for (const std::string& line : lines) Add(SomeProposal(line));
  const auto within = [&](const char* prefix) {
    return Ask({.within_prefix = policy::IpPrefix::Parse(prefix).value()});
  };
  EXPECT_EQ(within("192.0.2.0/24"), (Lines{lines[0], lines[1], lines[2]}));
  EXPECT_EQ(within("192.0.0.0/16").size(), 4U);
  EXPECT_EQ(within("::/0"), (Lines{lines[4]}));
}

TEST_P(StoreQueueTest, EveryFilterHasToHold) {
  Proposal first = SomeProposal("domain first.example", 90);
  first.needs_two = true;
  Add(first);
  Proposal second = SomeProposal("ip 192.0.2.0/24", 60);
  second.feeds = ",misp2,";
  second.threat = "payload";
  second.hits = 12;
  second.proposed_at = first.proposed_at + std::chrono::hours(1);
  second.malware = "QakBot";
  second.campaign = "Operation X";
  second.reason_codes = ",confident,review-hit,";
  second.reasons = R"([{"code":"review-hit","detail":"\"code\":\"fresh\""}])";
  Add(second);
  const Lines both{"domain first.example", "ip 192.0.2.0/24"};
  const Lines one{both[0]};
  const Lines two{both[1]};
  EXPECT_EQ(Ask({}), both);
  EXPECT_EQ(Ask({.kind = IndicatorKind::ip}), two);
  EXPECT_EQ(Ask({.feed = "misp"}), one);
  EXPECT_EQ(Ask({.feed = "misp2"}), two);
  EXPECT_EQ(Ask({.feed = "mis"}), Lines{});
  EXPECT_EQ(Ask({.feed = "%"}), Lines{});
  EXPECT_EQ(Ask({.threat = "payload"}), two);
  EXPECT_EQ(Ask({.malware = "qakbot"}), two);
  EXPECT_EQ(Ask({.campaign = "operation x"}), two);
  EXPECT_EQ(Ask({.hits_min = 12}), two);
  EXPECT_EQ(Ask({.hits_max = 11}), one);
  EXPECT_EQ(Ask({.proposed_from = second.proposed_at}), two);
  EXPECT_EQ(Ask({.proposed_to = first.proposed_at}), one);
  EXPECT_EQ(Ask({.confidence_min = 61}), one);
  EXPECT_EQ(Ask({.confidence_max = 60}), two);
  EXPECT_EQ(Ask({.confidence_min = 60, .confidence_max = 90}), both);
  EXPECT_EQ(Ask({.text = "FIRST"}), one);
  EXPECT_EQ(Ask({.text = "2.0/"}), two);
  EXPECT_EQ(Ask({.text = "_irst"}), Lines{});
  EXPECT_EQ(Ask({.text = "' OR 1=1 --"}), Lines{});
  EXPECT_EQ(Ask({.reason = "fresh"}), one);
  EXPECT_EQ(Ask({.reason = "review-hit"}), two);
  EXPECT_EQ(Ask({.needs_two = true}), one);
  EXPECT_EQ(Ask({.needs_two = false}), two);
  EXPECT_EQ(Ask({.states = {ProposalState::rejected}}), Lines{});
  EXPECT_EQ(Ask({.states = {ProposalState::pending, ProposalState::pending}}), both);
  EXPECT_EQ(Ask({.kind = IndicatorKind::ip, .feed = "misp"}), Lines{});
}

TEST_P(StoreQueueTest, VisitsInOrderUntilToldToStop) {
  for (const int confidence : {10, 90, 50}) Add(SomeProposal("domain evil.example", confidence));
  std::vector<std::int64_t> ids;
  ASSERT_TRUE(Read()->ForEachProposal({}, [&ids](const Proposal& proposal) {
    ids.push_back(proposal.id);
    return ids.size() < 2;
  }));
  EXPECT_EQ(ids, (std::vector<std::int64_t>{1, 2}));
}

TEST_P(StoreQueueTest, AVoterHasOneVote) {
  const std::int64_t id = Add(SomeProposal("domain evil.example"));
  const auto vote = [id](const char* voter, Verdict verdict, int at) {
    return Vote{id, voter, verdict, policy::Sha256Of("x"), std::chrono::hours(1), "why", At(at)};
  };
  Commit([&](Transaction& transaction) {
    ASSERT_TRUE(transaction.PutVote(vote("alice", Verdict::approve, 1)));
    ASSERT_TRUE(transaction.PutVote(vote("bob", Verdict::approve, 2)));
    ASSERT_TRUE(transaction.PutVote(vote("alice", Verdict::reject, 3)));
  });
  const auto votes = Read()->VotesOn(id).value();
  ASSERT_EQ(votes.size(), 2U);
  EXPECT_EQ(votes[0].voter, "bob");
  EXPECT_EQ(votes[1].voter, "alice");
  EXPECT_EQ(votes[1].verdict, Verdict::reject);
  EXPECT_EQ(votes[1].digest, policy::Sha256Of("x"));
  EXPECT_EQ(votes[1].lifetime, std::chrono::hours(1));
  Commit([&](Transaction& transaction) { ASSERT_TRUE(transaction.ClearVotes(id)); });
  EXPECT_TRUE(Read()->VotesOn(id)->empty());
}

TEST_P(StoreQueueTest, AVoteOnNothingIsRefused) {
  const auto transaction = store_->Begin().value();
  EXPECT_EQ(transaction->PutVote({7, "alice", Verdict::approve, {}, {}, "", At(0)}).error().code,
            ErrorCode::conflict);
}

TEST_P(StoreQueueTest, RemembersWhatAProposalSaidBefore) {
  Proposal proposal = SomeProposal("domain evil.example");
  proposal.id = Add(proposal);
  EXPECT_FALSE(Read()->FindProposal(proposal.id).value()->previous);
  proposal.previous = {std::chrono::hours(3), "policy-0"};
  Add(proposal);
  const auto stored = Read()->FindProposal(proposal.id).value().value();
  ASSERT_TRUE(stored.previous);
  EXPECT_EQ(stored.previous->lifetime, std::chrono::hours(3));
  EXPECT_EQ(stored.previous->policy_version, "policy-0");
}

StandingApproval SomeRule() {
  StandingApproval rule;
  rule.filter = "feed:urlhaus confidence>=90";
  rule.lifetime = std::chrono::hours(24);
  rule.uses_per_day = 50;
  rule.expires_at = At(9000);
  rule.policy_version = "policy-1";
  rule.reason = "as a rule right";
  rule.digest = policy::Sha256Of("rule");
  rule.proposed_by = "alice";
  rule.proposed_at = At(1);
  return rule;
}

TEST_P(StoreQueueTest, GivesBackAStandingApprovalWithItsVotes) {
  StandingApproval rule = SomeRule();
  Commit([&](Transaction& transaction) {
    rule.id = transaction.PutStandingApproval(rule).value();
    rule.state = StandingState::active;
    rule.votes = {{"bob", rule.digest, "fine", At(2)}, {"carol", rule.digest, "yes", At(3)}};
    rule.uses = 7;
    rule.uses_on_last_day = 3;
    rule.last_used_at = At(4);
    ASSERT_TRUE(transaction.PutStandingApproval(rule));
  });
  const auto stored = Read()->FindStandingApproval(rule.id).value().value();
  EXPECT_EQ(stored.filter, rule.filter);
  EXPECT_EQ(stored.lifetime, rule.lifetime);
  EXPECT_EQ(stored.uses_per_day, 50U);
  EXPECT_EQ(stored.expires_at, At(9000));
  EXPECT_EQ(stored.policy_version, "policy-1");
  EXPECT_EQ(stored.reason, rule.reason);
  EXPECT_EQ(stored.digest, rule.digest);
  EXPECT_EQ(stored.proposed_by, "alice");
  EXPECT_EQ(stored.state, StandingState::active);
  ASSERT_EQ(stored.votes.size(), 2U);
  EXPECT_EQ(stored.votes[1].voter, "carol");
  EXPECT_EQ(stored.votes[1].digest, rule.digest);
  EXPECT_EQ(stored.votes[1].reason, "yes");
  EXPECT_EQ(stored.uses, 7U);
  EXPECT_EQ(stored.uses_on_last_day, 3U);
  EXPECT_EQ(stored.last_used_at, At(4));
  EXPECT_FALSE(Read()->FindStandingApproval(rule.id + 1).value());
}

TEST_P(StoreQueueTest, TellsOpenStandingApprovalsAndTheirVotersFromEndedOnes) {
  StandingApproval rule = SomeRule();
  rule.votes = {{"bob", rule.digest, "fine", At(2)}};
  StandingApproval ended = rule;
  ended.state = StandingState::ended;
  ended.ended_by = "carol";
  ended.ended_because = "too wide";
  ended.ended_at = At(5);
  ended.votes = {{"dave", rule.digest, "fine", At(2)}};
  Commit([&](Transaction& transaction) {
    rule.id = transaction.PutStandingApproval(rule).value();
    ended.id = transaction.PutStandingApproval(ended).value();
  });
  ASSERT_EQ(Read()->OpenStandingApprovals()->size(), 1U);
  EXPECT_EQ(Read()->OpenStandingApprovals()->front().id, rule.id);
  const auto all = Read()->ListStandingApprovals(0, 10).value();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].ended_because, "too wide");
  EXPECT_EQ(Read()->ListStandingApprovals(ended.id, 10)->size(), 1U);
  EXPECT_EQ(Read()->OpenActs().value(), (std::vector<OpenActOf>{{"bob", OpenAct::standing_vote}}));
  Commit([&](Transaction& transaction) {
    EXPECT_EQ(transaction.ClearOpenActs({"bob", OpenAct::standing_vote}, "left").value(), 1U);
    EXPECT_EQ(transaction.ClearOpenActs({"dave", OpenAct::standing_vote}, "left").value(), 0U);
  });
  EXPECT_TRUE(Read()->OpenActs()->empty());
}

INSTANTIATE_TEST_SUITE_P(Store, StoreQueueTest, ::testing::ValuesIn(kinds), name_of);

}  // namespace
}  // namespace agent::store
