#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "policy/digest.h"
#include "policy/indicator.h"

namespace policy {

// What people vote on. An approval holds for exactly this content and dies with any change of it.
struct ProposalContent {
  Indicator target;               // its kind is the scope
  std::chrono::seconds lifetime;  // from approval to expiry
  std::string policy_version;
};

// SHA-256 of the four lines, each ended by a newline:
//   sekisho proposal v1
//   block <kind> <canonical text>
//   lifetime <seconds>
//   policy <version>
Sha256 DigestOf(const ProposalContent& content);

}  // namespace policy
