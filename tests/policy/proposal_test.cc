#include "policy/proposal.h"

#include <gtest/gtest.h>

#include "tests/policy/decisions_fixture.h"

namespace policy {
namespace {

const ProposalContent content{I("evil.example"), std::chrono::hours(24), "2026-03"};

TEST(ProposalTest, DigestsExactlyTheFourLinesThatPeopleVoteOn) {
  EXPECT_EQ(DigestOf(content), Sha256Of("sekisho proposal v1\n"
                                        "block domain evil.example\n"
                                        "lifetime 86400\n"
                                        "policy 2026-03\n"));
}

TEST(ProposalTest, ChangesWithAnyOfItsContent) {
  auto wider = content;
  wider.target = I("http://evil.example/");
  auto longer = content;
  longer.lifetime += std::chrono::seconds(1);
  auto other_rules = content;
  other_rules.policy_version = "2026-04";
  for (const ProposalContent& changed : {wider, longer, other_rules}) {
    EXPECT_NE(DigestOf(changed), DigestOf(content));
  }
}

}  // namespace
}  // namespace policy
