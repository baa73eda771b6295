// What admins do with accounts and tokens. Each act is in the history.
#include <algorithm>

#include "agent/people/acts.h"
#include "agent/people/name.h"
#include "agent/people/people.h"
#include "policy/digest.h"

namespace agent::people {
namespace {

using policy::ErrorCode;
using policy::Fail;

constexpr std::chrono::seconds token_lifetime_max = std::chrono::hours(24 * 366);

std::vector<store::OpenActOf> AllActsOf(const std::string& person) {
  std::vector<store::OpenActOf> acts;
  acts.reserve(store::all_open_acts.size());
  for (const store::OpenAct act : store::all_open_acts) acts.push_back({person, act});
  return acts;
}

}  // namespace

// In the order of OpenActs: an entry for each person who had some.
Result<void> People::VoidVotes(store::Transaction& transaction, const Record& record,
                               const std::vector<store::OpenActOf>& acts) const {
  constexpr std::string_view because = "who did it may not do it any more";
  for (auto act = acts.begin(); act != acts.end();) {
    const std::string& person = act->person;
    std::uint64_t count = 0;
    for (; act != acts.end() && act->person == person; ++act) {
      const auto cleared = transaction.ClearOpenActs(*act, because);
      if (!cleared) return tl::unexpected(cleared.error());
      count += *cleared;
    }
    if (count == 0) continue;
    auto recorded = record({"agent", "votes.void", "",
                            DetailOf({{"voter", person}, {"votes", std::to_string(count)}})});
    if (!recorded) return recorded;
  }
  return {};
}

Result<store::Account> People::AccountToChange(const std::string& actor,
                                               const std::string& name) const {
  auto account = FindAccount(name);
  if (!account) return Fail(ErrorCode::not_found, "there is no account " + name);
  if (actor == name) {
    return Fail(ErrorCode::not_allowed, "nobody changes their own account; ask another admin");
  }
  return std::move(*account);
}

// Stores the account, ends sessions and, unless `action` is empty, adds an entry. A change of what
// its votes are worth voids those that are not decided.
Result<void> People::StoreLocked(const store::Account& account, const std::string& actor,
                                 const std::string& action,
                                 const std::vector<policy::Sha256>& ended) {
  const auto before = FindAccount(account.name);
  const bool voids =
      before && (before->role != account.role || before->disabled != account.disabled);
  auto stored = writer_([&](store::Transaction& transaction, const Record& record) -> Result<void> {
    if (auto put = transaction.PutAccount(account); !put) return put;
    for (const auto& digest : ended) {
      if (auto removed = transaction.RemoveSession(digest); !removed) return removed;
    }
    if (voids) {
      if (auto voided = VoidVotes(transaction, record, AllActsOf(account.name)); !voided) {
        return voided;
      }
    }
    if (action.empty()) return {};
    return record(
        {actor, action, "", DetailOf({{"account", account.name}, {"role", account.role}})});
  });
  if (!stored) return stored;
  const std::lock_guard lock(mutex_);
  accounts_[account.name] = account;
  for (const auto& digest : ended) sessions_.erase(digest);
  return {};
}

std::vector<store::Account> People::Accounts() const {
  const std::lock_guard lock(mutex_);
  std::vector<store::Account> accounts;
  for (const auto& [name, account] : accounts_) accounts.push_back(account);
  return accounts;
}

Result<Invitation> People::Invite(const std::string& actor, const std::string& name,
                                  std::optional<Role> role) {
  if (auto good = CheckName(name); !good) return tl::unexpected(good.error());
  const std::lock_guard change_lock(change_mutex_);
  auto account = FindAccount(name);
  if (account && role) {
    return Fail(ErrorCode::conflict,
                "there is an account " + name + " already; without a role, it gets a new password");
  }
  if (account && !account->external_id.empty()) {
    return Fail(ErrorCode::conflict, name +
                                         " comes by single sign-on and has no password here; a "
                                         "new one is for the provider to give");
  }
  if (!account && (!role || *role == Role::exporter)) {
    return Fail(ErrorCode::malformed_input, "a new account needs a role of people's");
  }
  auto secret = NewSecret();
  if (!secret) return tl::unexpected(secret.error());
  const auto now = clock_.Now();
  if (!account) {
    account = store::Account{
        .name = name, .role = std::string(Name(*role)), .password = "", .created = now};
  }
  account->invitation = policy::Sha256Of(*secret);
  account->invitation_expires = now + rules_.invitation;
  if (auto stored = StoreLocked(*account, actor, "account.invite", {}); !stored) {
    return tl::unexpected(stored.error());
  }
  const std::lock_guard lock(mutex_);
  first_invitation_.clear();
  return Invitation{*secret, *account->invitation_expires};
}

Result<void> People::SetRole(const std::string& actor, const std::string& name, Role role) {
  if (role == Role::exporter) {
    return Fail(ErrorCode::malformed_input, "exporters come with certificates, not accounts");
  }
  const std::lock_guard change_lock(change_mutex_);
  auto account = AccountToChange(actor, name);
  if (!account) return tl::unexpected(account.error());
  if (!account->external_id.empty()) {
    return Fail(ErrorCode::not_allowed, "the role of " + name +
                                            " is its single sign-on's word; "
                                            "change it at the provider, or disable the account");
  }
  account->role = std::string(Name(role));
  return StoreLocked(*account, actor, "account.role", SessionsOf(name));
}

Result<void> People::SetDisabled(const std::string& actor, const std::string& name, bool disabled) {
  const std::lock_guard change_lock(change_mutex_);
  auto account = AccountToChange(actor, name);
  if (!account) return tl::unexpected(account.error());
  account->disabled = disabled;
  account->invitation.reset();
  account->invitation_expires.reset();
  return StoreLocked(*account, actor, disabled ? "account.disable" : "account.enable",
                     SessionsOf(name));
}

std::vector<store::ApiToken> People::Tokens() const {
  const std::lock_guard lock(mutex_);
  std::vector<store::ApiToken> tokens;
  for (const auto& [digest, token] : tokens_) tokens.push_back(token);
  std::sort(tokens.begin(), tokens.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return tokens;
}

Result<NewToken> People::CreateToken(const std::string& actor, const std::string& name, Role role,
                                     std::chrono::seconds lifetime, const TokenScope& scope) {
  if (auto good = CheckName(name); !good) return tl::unexpected(good.error());
  if (lifetime <= std::chrono::seconds(0) || lifetime > token_lifetime_max) {
    return Fail(ErrorCode::malformed_input, "a token lasts 366 days at most");
  }
  auto secret = NewSecret();
  if (!secret) return tl::unexpected(secret.error());
  const auto now = clock_.Now();
  store::ApiToken token{0,           name, std::string(Name(role)), policy::Sha256Of(*secret),
                        actor,       now,  now + lifetime,          false,
                        scope.text()};
  const std::lock_guard change_lock(change_mutex_);
  auto stored = writer_([&](store::Transaction& transaction, const Record& record) -> Result<void> {
    auto id = transaction.PutApiToken(token);
    if (!id) return tl::unexpected(id.error());
    token.id = *id;
    return record({actor, "token.create", "",
                   DetailOf({{"token", std::to_string(*id)},
                             {"name", name},
                             {"role", token.role},
                             {"scope", token.scope},
                             {"expires", policy::FormatTime(token.expires)}})});
  });
  if (!stored) return tl::unexpected(stored.error());
  const std::lock_guard lock(mutex_);
  tokens_.emplace(token.digest, token);
  return NewToken{token, *secret};
}

Result<void> People::RevokeToken(const std::string& actor, std::int64_t id) {
  const std::lock_guard change_lock(change_mutex_);
  store::ApiToken token;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(tokens_.begin(), tokens_.end(),
                                    [&](const auto& entry) { return entry.second.id == id; });
    if (found == tokens_.end()) {
      return Fail(ErrorCode::not_found, "there is no token " + std::to_string(id));
    }
    if (found->second.revoked) return {};
    // At once, even before it is on disk: refusing a call too many does no harm.
    found->second.revoked = true;
    token = found->second;
  }
  auto lost = AllActsOf(token.name);
  std::erase_if(lost, [&](const store::OpenActOf& act) { return Holds(act); });
  auto stored = writer_([&](store::Transaction& transaction, const Record& record) -> Result<void> {
    auto put = transaction.PutApiToken(token);
    if (!put) return tl::unexpected(put.error());
    if (auto voided = VoidVotes(transaction, record, lost); !voided) return voided;
    return record({actor, "token.revoke", "",
                   DetailOf({{"token", std::to_string(id)}, {"name", token.name}})});
  });
  if (!stored) {
    const std::lock_guard lock(mutex_);
    tokens_.at(token.digest).revoked = false;
  }
  return stored;
}

}  // namespace agent::people
