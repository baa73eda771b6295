#pragma once

#include "agent/store/store.h"

namespace agent::queue {

// Whether the store would give `proposal` when asked `query`. Pure, and quick enough to ask of
// everything that an assessment proposes.
bool Matches(const store::ProposalQuery& query, const store::Proposal& proposal);

}  // namespace agent::queue
