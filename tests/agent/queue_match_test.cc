// The comparison in memory against the store's, which is the slow one.
#include "agent/queue/match.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "agent/queue/filter.h"
#include "tests/agent/store_fixture.h"

namespace agent::queue {
namespace {

using store::At;
using store::Proposal;
using store::ProposalState;

std::vector<Proposal> AllSorts() {
  std::vector<Proposal> proposals;
  int n = 0;
  for (const char* line :
       {"domain evil.example", "domain www.evil.example", "domain notevil.example",
        "url http://evil.example/login.php", "url http://192.0.2.9/x", "ip 192.0.2.9/32",
        "ip 192.0.2.0/24", "ip 192.0.0.0/16", "ip 2001:db8::1/128", "url https://[2001:db8::1]/"}) {
    for (const char* codes : {",fresh,", ",fresh,online,", ",online,review-hit,"}) {
      Proposal proposal = store::SomeProposal(line, 60 + n % 40);
      proposal.reason_codes = codes;
      proposal.feeds = n % 2 == 0 ? ",urlhaus," : ",misp,urlhaus-extra,";
      proposal.threat = n % 3 == 0 ? "c2" : "phishing";
      proposal.malware = n % 5 == 0 ? "Emotet" : "";
      proposal.campaign = n % 7 == 0 ? "Operation X" : "";
      proposal.hits = n % 4;
      proposal.needs_two = n % 7 == 0;
      proposal.state = n % 6 == 0 ? ProposalState::deferred : ProposalState::pending;
      proposal.proposed_at = At(n * 60);
      proposals.push_back(std::move(proposal));
      ++n;
    }
  }
  return proposals;
}

TEST(QueueMatchTest, AgreesWithTheStore) {
  platform::testing::TemporaryFolder folder;
  const auto store = store::OpenSqlite(folder / "agent.db").value();
  std::vector<Proposal> all = AllSorts();
  {
    const auto transaction = store->Begin().value();
    for (Proposal& each : all) each.id = transaction->PutProposal(each).value();
    ASSERT_TRUE(transaction->Commit());
  }
  Present present;
  present.clients_of = [](policy::IndicatorKind kind, std::string_view text) {
    return static_cast<std::int64_t>(text.size() + static_cast<std::size_t>(kind));
  };
  present.requested = [] {
    return std::vector{policy::ParseLine("domain evil.example").value(),
                       policy::ParseLine("ip 192.0.2.0/24").value()};
  };
  std::set<std::size_t> sizes;
  for (const char* filter : {"",
                             "kind:ip",
                             "kind:url",
                             "feed:urlhaus",
                             "feed:misp",
                             "threat:C2",
                             "malware:emotet",
                             "campaign:\"operation x\"",
                             "reason:review-hit",
                             "online:yes",
                             "online:no",
                             "two:yes",
                             "two:no",
                             "state:deferred",
                             "state:deferred state:pending",
                             "within:evil.example",
                             "within:example",
                             "within:192.0.2.0/24",
                             "within:192.0.2.9",
                             "within:2001:db8::/32",
                             "confidence>=80",
                             "confidence<70",
                             "hits>=1",
                             "hits:3",
                             "age<10m",
                             "age>10m",
                             "LOGIN",
                             "192.0.2",
                             "online:yes confidence>=65 hits>=1 feed:urlhaus",
                             "clients>15",
                             "clients<=15 kind:ip",
                             "clients:0",
                             "clients>10 within:evil.example login",
                             "requests:yes",
                             "requests:yes within:example clients>10",
                             "nothing-like-this"}) {
    const auto query = ParseFilter(filter, At(1800), present).value();
    std::set<std::int64_t> slow;
    const auto rows = store->Read().value()->ListProposals(query, {}, 1000).value();
    for (const Proposal& row : rows) slow.insert(row.id);
    std::set<std::int64_t> quick;
    for (const Proposal& each : all) {
      if (Matches(query, each)) quick.insert(each.id);
    }
    EXPECT_EQ(quick, slow) << filter;
    sizes.insert(slow.size());
  }
  EXPECT_GT(sizes.size(), 8U) << "the filters tell the proposals apart";
}

}  // namespace
}  // namespace agent::queue
