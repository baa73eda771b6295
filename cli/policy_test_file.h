#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "policy/result.h"

namespace cli {

// What became of the cases of a file.
struct PolicyTestReport {
  std::size_t cases = 0;
  std::vector<std::string> failures;  // "cases.yaml:12:5: evil.example: expected ..."; one a case
};

// Runs the policy over a table of cases (docs/decision.md shows one): each says what feeds say of
// an indicator, what the outcome has to be, and a reason that has to be among its reasons; of what
// is dropped, the first. Reads the file, the agent's configuration that its `rules` names, if any,
// and the Public Suffix List; otherwise pure. `malformed_input` names each mistake as
// file:line:column.
policy::Result<PolicyTestReport> RunPolicyTests(const std::filesystem::path& file);

}  // namespace cli
