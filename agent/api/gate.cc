#include "agent/api/gate.h"

#include <utility>

#include "platform/log.h"

namespace agent::api {

Gate::Gate(Identities identities, people::People* people, const platform::Clock& clock)
    : people_(people),
      clock_(clock),
      identities_(std::make_shared<const Identities>(std::move(identities))) {}

// By token, else by session, else by certificate; what is there and wrong is not made good by the
// next.
policy::Result<Caller> Gate::Identify(const Credentials& credentials) const {
  if (people_ != nullptr && credentials.authorization.size() == 1) {
    const auto token = BearerToken(credentials.authorization.front());
    if (token && people_->HasToken(*token)) {
      auto person = people_->ByToken(*token);
      if (!person) return tl::unexpected(person.error());
      return Caller{std::move(person->name), person->role, false, std::move(person->scope)};
    }
  }
  if (people_ != nullptr && credentials.authorization.empty() && !credentials.session.empty()) {
    auto session = people_->Find(credentials.session, !credentials.is_unattended);
    if (!session) return tl::unexpected(session.error());
    const bool is_confirmed =
        session->stepped_up_until && clock_.Now() < *session->stepped_up_until;
    return Caller{std::move(session->person.name), session->person.role, !is_confirmed};
  }
  return identities()->Identify(credentials, clock_.Now());
}

bool Gate::May(const store::OpenActOf& act) const {
  return identities()->May(act, clock_.Now());
}

std::shared_ptr<const Identities> Gate::identities() const {
  const std::lock_guard lock(mutex_);
  return identities_;
}

policy::Result<Caller> Gate::Admit(const Credentials& credentials, std::string_view method,
                                   std::string_view peer) const {
  const Access* access = FindAccess(method);
  if (access != nullptr && access->use == Access::For::strangers) {
    return Caller{"", Role::viewer};
  }
  auto caller = Identify(credentials);
  if (caller) {
    const auto allowed = CheckAccess(*caller, method);
    if (allowed) return caller;
    caller = tl::unexpected(allowed.error());
  }
  platform::Warn("api: {} from {} is denied: {}", method, peer, caller.error().detail);
  return caller;
}

std::function<policy::Result<void>()> Gate::Later(Credentials credentials, std::string_view method,
                                                  std::string_view peer) const {
  credentials.is_unattended = true;
  return [this, credentials = std::move(credentials), method = std::string(method),
          peer = std::string(peer)]() -> policy::Result<void> {
    const auto admitted = Admit(credentials, method, peer);
    if (!admitted) return tl::unexpected(admitted.error());
    return {};
  };
}

void Gate::Replace(Identities identities) {
  auto next = std::make_shared<const Identities>(std::move(identities));
  const std::lock_guard lock(mutex_);
  identities_ = std::move(next);
}

}  // namespace agent::api
