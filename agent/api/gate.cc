#include "agent/api/gate.h"

#include <utility>

#include "platform/log.h"

namespace agent::api {

Gate::Gate(Identities identities, const platform::Clock& clock)
    : clock_(clock), identities_(std::make_shared<const Identities>(std::move(identities))) {}

policy::Result<Caller> Gate::Admit(const Credentials& credentials, std::string_view method,
                                   std::string_view peer) const {
  std::shared_ptr<const Identities> identities;
  {
    const std::lock_guard lock(mutex_);
    identities = identities_;
  }
  auto caller = identities->Identify(credentials, clock_.Now());
  if (caller) {
    const auto allowed = CheckAccess(*caller, method);
    if (allowed) return caller;
    caller = tl::unexpected(allowed.error());
  }
  platform::Warn("api: {} from {} is denied: {}", method, peer, caller.error().detail);
  return caller;
}

void Gate::Replace(Identities identities) {
  auto next = std::make_shared<const Identities>(std::move(identities));
  const std::lock_guard lock(mutex_);
  identities_ = std::move(next);
}

}  // namespace agent::api
