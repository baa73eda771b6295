// What somebody does who has no password here, since single sign-on vouches for them.
#include <algorithm>
#include <utility>

#include "agent/people/name.h"
#include "agent/people/people.h"
#include "policy/digest.h"
#include "policy/quote.h"

namespace agent::people {
namespace {

using policy::ErrorCode;
using policy::Fail;

}  // namespace

// The account as it is on disk, or a new one. A name that is a local account's is not taken over:
// nothing says that it is the same person.
Result<store::Account> People::ExternalLocked(const External& person) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = std::find_if(accounts_.begin(), accounts_.end(), [&](const auto& entry) {
      return entry.second.external_id == person.id;
    });
    if (known != accounts_.end()) return known->second;
  }
  if (!CheckName(person.name)) {
    return Fail(ErrorCode::not_allowed,
                "the sign-on provider calls you " + policy::Quote(person.name) +
                    ", which is no name of an account here (oidc.name_claim): 1 to 64 letters, "
                    "digits and any of . _ - @");
  }
  if (FindAccount(person.name)) {
    return Fail(ErrorCode::conflict, "there is another account " + person.name +
                                         " already; nobody is logged in. An admin has to give one "
                                         "of the two another name");
  }
  return store::Account{.name = person.name,
                        .role = "",
                        .password = "",
                        .created = clock_.Now(),
                        .external_id = person.id};
}

Result<Opened> People::LogInExternally(const External& person, std::string_view old_session) {
  if (!old_session.empty()) {
    if (auto ended = LogOut(old_session); !ended) return tl::unexpected(ended.error());
  }
  const std::lock_guard change_lock(change_mutex_);
  auto account = ExternalLocked(person);
  if (!account) return tl::unexpected(account.error());
  const bool is_new = account->role.empty();
  if (account->disabled) {
    return Fail(ErrorCode::unauthenticated,
                "the account " + account->name + " is disabled; ask an admin");
  }
  // Who lost all roles keeps an account, since the history names it, and nothing else.
  const std::string role(Name(person.role.value_or(Role::viewer)));
  if (!is_new && (account->role != role || !person.role)) {
    const bool differs = std::exchange(account->role, role) != role;
    auto stored =
        StoreLocked(*account, "agent", differs ? "account.role" : "", SessionsOf(account->name));
    if (!stored) return tl::unexpected(stored.error());
  }
  if (!person.role) {
    return Fail(ErrorCode::not_allowed,
                "the sign-on provider gives " + account->name +
                    " no role here: an admin has to put them in one of the groups of oidc.roles");
  }
  account->role = role;
  const auto stepped_up_until =
      person.authenticated
          ? std::optional(std::min(*person.authenticated, clock_.Now()) + rules_.step_up)
          : std::nullopt;
  return OpenLocked(std::move(*account), is_new ? "account.create" : "", stepped_up_until);
}

Result<SessionView> People::StepUpExternally(std::string_view session, const External& person) {
  auto found = Find(session);
  if (!found) return found;
  const auto account = FindAccount(found->person.name);
  if (!account || account->external_id != person.id) {
    return Fail(ErrorCode::unauthenticated,
                "somebody else confirmed at the sign-on provider; nothing was decided");
  }
  const std::lock_guard lock(mutex_);
  const auto live = sessions_.find(policy::Sha256Of(session));
  if (live == sessions_.end()) {
    return Fail(ErrorCode::unauthenticated, "the session is over; log in again");
  }
  live->second.stepped_up_until = clock_.Now() + rules_.step_up;
  found->stepped_up_until = live->second.stepped_up_until;
  return found;
}

}  // namespace agent::people
