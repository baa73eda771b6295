// What somebody does with the own account: log in and out, passwords and one-time codes.
#include <utility>

#include "agent/people/acts.h"
#include "agent/people/name.h"
#include "agent/people/one_time_code.h"
#include "agent/people/password.h"
#include "agent/people/people.h"
#include "platform/encoding.h"
#include "policy/digest.h"

namespace agent::people {
namespace {

using policy::ErrorCode;
using policy::Fail;

constexpr std::size_t one_time_secret_size = 20;  // RFC 4226 section 4: 160 bits

}  // namespace

Result<Opened> People::LogIn(const std::string& name, std::string_view password,
                             std::string_view code, const std::string& address,
                             std::string_view old_session) {
  if (auto verified = Verify(name, password, code, address); !verified) {
    return tl::unexpected(verified.error());
  }
  if (!old_session.empty()) {
    if (auto ended = LogOut(old_session); !ended) return tl::unexpected(ended.error());
  }
  const std::lock_guard lock(change_mutex_);
  auto account = FindAccount(name);
  if (!account || account->disabled) {
    return Fail(ErrorCode::unauthenticated, "the name, the password or the code is wrong");
  }
  return OpenLocked(std::move(*account), "", clock_.Now() + rules_.step_up);
}

Result<void> People::LogOut(std::string_view session) {
  const std::lock_guard change_lock(change_mutex_);
  const auto digest = policy::Sha256Of(session);
  {
    const std::lock_guard lock(mutex_);
    if (sessions_.erase(digest) == 0) return {};
  }
  return writer_([&](store::Transaction& transaction, const Record&) {
    return transaction.RemoveSession(digest);
  });
}

Result<void> People::UseCode(const std::string& name, std::string_view code) {
  const std::lock_guard change_lock(change_mutex_);
  auto account = FindAccount(name);
  const auto step =
      account ? AcceptCode(account->one_time_secret, code, account->one_time_step, clock_.Now())
              : std::nullopt;
  if (!step) {
    return Fail(ErrorCode::unauthenticated, "the name, the password or the code is wrong");
  }
  account->one_time_step = *step;
  return StoreLocked(*account, name, "", {});
}

Result<SessionView> People::StepUp(std::string_view session, std::string_view password,
                                   std::string_view code, const std::string& address) {
  auto found = Find(session);
  if (!found) return found;
  if (auto verified = Verify(found->person.name, password, code, address); !verified) {
    return tl::unexpected(verified.error());
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

Result<void> People::ChangePassword(std::string_view session, std::string_view old_password,
                                    std::string_view new_password, std::string_view code,
                                    const std::string& address) {
  const auto found = Find(session);
  if (!found) return tl::unexpected(found.error());
  const std::string& name = found->person.name;
  if (auto good = CheckPassword(new_password, name); !good) return good;
  if (auto verified = Verify(name, old_password, code, address); !verified) return verified;
  auto hash = HashPassword(new_password);
  if (!hash) return tl::unexpected(hash.error());
  const std::lock_guard change_lock(change_mutex_);
  auto account = FindAccount(name);
  if (!account) return Fail(ErrorCode::not_found, "there is no account " + name);
  account->password = *hash;
  auto others = SessionsOf(name);
  std::erase(others, policy::Sha256Of(session));
  return StoreLocked(*account, name, "account.password", others);
}

Result<std::string> People::SetUpOneTimeCode(std::string_view session, std::string_view password,
                                             std::string_view code, const std::string& address) {
  const auto found = Find(session);
  if (!found) return tl::unexpected(found.error());
  if (auto verified = Verify(found->person.name, password, code, address); !verified) {
    return tl::unexpected(verified.error());
  }
  auto secret = platform::RandomBytes(one_time_secret_size);
  if (!secret) return tl::unexpected(secret.error());
  const std::lock_guard lock(mutex_);
  const auto live = sessions_.find(policy::Sha256Of(session));
  if (live == sessions_.end()) {
    return Fail(ErrorCode::unauthenticated, "the session is over; log in again");
  }
  live->second.new_one_time_secret = *secret;
  return OneTimeLink(*secret, found->person.name);
}

Result<void> People::ConfirmOneTimeCode(std::string_view session, std::string_view code) {
  const auto found = Find(session);
  if (!found) return tl::unexpected(found.error());
  const std::lock_guard change_lock(change_mutex_);
  std::string secret;
  {
    const std::lock_guard lock(mutex_);
    const auto live = sessions_.find(policy::Sha256Of(session));
    if (live != sessions_.end()) secret = live->second.new_one_time_secret;
  }
  const auto step = secret.empty() ? std::nullopt : AcceptCode(secret, code, 0, clock_.Now());
  if (!step) {
    return Fail(ErrorCode::malformed_input,
                "the code is not what the app should show now; check its clock, or set up anew");
  }
  auto account = FindAccount(found->person.name);
  if (!account) return Fail(ErrorCode::not_found, "there is no such account any more");
  account->one_time_secret = secret;
  account->one_time_step = *step;
  return StoreLocked(*account, account->name, "account.one-time-code", {});
}

// The account that the token gives a password to: an invited one or, where there is none at all,
// the first. Nothing if the token is good for no such name.
std::optional<store::Account> People::Invited(std::string_view token,
                                              const std::string& name) const {
  const auto now = clock_.Now();
  const std::string first = FirstInvitation();
  if (!first.empty() && platform::EqualInConstantTime(first, token)) {
    return store::Account{
        .name = name, .role = std::string(Name(Role::admin)), .password = "", .created = now};
  }
  auto account = FindAccount(name);
  const bool is_invited = account && !account->disabled &&
                          account->invitation == policy::Sha256Of(token) &&
                          account->invitation_expires && now < *account->invitation_expires;
  return is_invited ? account : std::nullopt;
}

Result<Opened> People::Redeem(std::string_view token, const std::string& name,
                              std::string_view password) {
  const auto unknown =
      Fail(ErrorCode::unauthenticated,
           "the invitation is for another name, was used, or has expired; ask for a new one");
  if (auto good = CheckName(name); !good) return tl::unexpected(good.error());
  if (auto good = CheckPassword(password, name); !good) return tl::unexpected(good.error());
  // First, so that only a good token costs a hash.
  if (!Invited(token, name)) return unknown;
  auto hash = HashPassword(password);
  if (!hash) return tl::unexpected(hash.error());
  const std::lock_guard change_lock(change_mutex_);
  auto account = Invited(token, name);
  if (!account) return unknown;
  const bool is_new = account->password.empty();
  account->password = *hash;
  account->one_time_secret.clear();  // who lost the phone comes back by invitation
  account->invitation.reset();
  account->invitation_expires.reset();
  return OpenLocked(std::move(*account), is_new ? "account.create" : "account.password",
                    clock_.Now() + rules_.step_up);
}

}  // namespace agent::people
