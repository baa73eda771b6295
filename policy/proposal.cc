#include "policy/proposal.h"

namespace policy {

Sha256 DigestOf(const ProposalContent& content) {
  return Sha256Of("sekisho proposal v1\nblock " + LineOf(content.target) + "\nlifetime " +
                  std::to_string(content.lifetime.count()) + "\npolicy " + content.policy_version +
                  "\n");
}

}  // namespace policy
