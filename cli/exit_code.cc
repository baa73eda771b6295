#include "cli/exit_code.h"

namespace cli {

ExitCode ExitCodeOf(policy::ErrorCode code) {
  using policy::ErrorCode;
  switch (code) {
    case ErrorCode::malformed_input: return ExitCode::usage;
    case ErrorCode::not_found: return ExitCode::not_found;
    case ErrorCode::not_allowed:
    case ErrorCode::unauthenticated: return ExitCode::denied;
    case ErrorCode::conflict: return ExitCode::conflict;
    case ErrorCode::corrupt: return ExitCode::degraded;
    case ErrorCode::exhausted:
    case ErrorCode::unavailable:
    case ErrorCode::outcome_unknown: return ExitCode::failure;
  }
  return ExitCode::failure;
}

}  // namespace cli
