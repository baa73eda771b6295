#include "policy/result.h"

namespace policy {

std::string_view Name(ErrorCode code) {
  switch (code) {
    case ErrorCode::malformed_input: return "malformed input";
    case ErrorCode::not_found: return "not found";
    case ErrorCode::not_allowed: return "not allowed";
    case ErrorCode::unauthenticated: return "unauthenticated";
    case ErrorCode::conflict: return "conflict";
    case ErrorCode::exhausted: return "limit reached";
    case ErrorCode::unavailable: return "unavailable";
    case ErrorCode::outcome_unknown: return "outcome unknown";
    case ErrorCode::corrupt: return "corrupt";
  }
  return "unknown error";
}

}  // namespace policy
