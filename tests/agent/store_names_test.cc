#include <gtest/gtest.h>

#include "agent/store/store.h"

namespace agent::store {
namespace {

TEST(ProposalStateTest, NamesReadBack) {
  for (const auto state : {ProposalState::pending, ProposalState::approved, ProposalState::rejected,
                           ProposalState::deferred, ProposalState::withdrawn}) {
    EXPECT_EQ(ParseProposalState(Name(state)).value(), state);
  }
  EXPECT_FALSE(ParseProposalState("Pending"));
  EXPECT_EQ(Name(Verdict::defer), "defer");
}

}  // namespace
}  // namespace agent::store
