#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/history/checkpoint.h"
#include "agent/history/verifier.h"
#include "cli/agent_client.h"
#include "cli/progress.h"
#include "policy/result.h"

namespace cli {

struct VerifiedHistory {
  agent::history::VerifyReport report;
  std::string last_note;  // the last good checkpoint; empty if there is none
};

// Reads a whole history from an agent, page by page and in little memory, and has it verified. The
// agent is what is being checked: nothing it says is believed, and it can't make this go on without
// end. The history may grow meanwhile; what is added while it is read is verified as well.
//
// An error means that it could not be read, or that a witnessed note is not good (`corrupt`, if it
// is not signed by the key).
policy::Result<VerifiedHistory> ReadAndVerify(const AgentClient& agent,
                                              const agent::history::VerifierKey& key,
                                              const std::vector<std::string>& witnessed,
                                              Progress& progress);

}  // namespace cli
