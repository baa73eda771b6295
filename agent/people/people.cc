#include "agent/people/people.h"

#include <algorithm>
#include <utility>

#include "agent/people/acts.h"
#include "agent/people/password.h"
#include "platform/encoding.h"
#include "platform/log.h"
#include "policy/digest.h"

namespace agent::people {
namespace {

using policy::ErrorCode;
using policy::Fail;

constexpr std::chrono::seconds tick_every = std::chrono::minutes(1);
constexpr std::chrono::seconds voters_checked_every = std::chrono::hours(1);

tl::unexpected<policy::Error> Over() {
  return Fail(ErrorCode::unauthenticated, "the session is over; log in again");
}

}  // namespace

Result<std::unique_ptr<People>> People::Open(store::Store& store, Writer writer, Rules rules,
                                             Powers powers, const platform::Clock& clock) {
  std::unique_ptr<People> people(
      new People(store, std::move(writer), rules, std::move(powers), clock));
  if (auto loaded = people->Load(); !loaded) return tl::unexpected(loaded.error());
  return people;
}

Result<void> People::Load() {
  auto reader = store_.Read();
  if (!reader) return tl::unexpected(reader.error());
  auto accounts = (*reader)->Accounts();
  if (!accounts) return tl::unexpected(accounts.error());
  auto sessions = (*reader)->Sessions();
  if (!sessions) return tl::unexpected(sessions.error());
  auto tokens = (*reader)->ApiTokens();
  if (!tokens) return tl::unexpected(tokens.error());
  for (store::Account& each : *accounts) accounts_.emplace(each.name, each);
  for (store::Session& each : *sessions) {
    sessions_.emplace(each.digest, Live{each, each.used, std::nullopt, ""});
  }
  for (store::ApiToken& each : *tokens) tokens_.emplace(each.digest, each);
  if (accounts_.empty()) {
    auto secret = NewSecret();
    if (!secret) return tl::unexpected(secret.error());
    first_invitation_ = *secret;
  }
  return {};
}

Result<void> People::VoidVotesOfStrangers() {
  const std::lock_guard change_lock(change_mutex_);
  return VoidVotesOfStrangersLocked();
}

// A token of ours expired since the last tick, or one of the configuration may have.
bool People::MayHaveLostVoters(TimePoint now) const {
  const std::lock_guard lock(mutex_);
  return now - voters_checked_ >= voters_checked_every ||
         std::any_of(tokens_.begin(), tokens_.end(), [&](const auto& entry) {
           return ticked_ < entry.second.expires && entry.second.expires <= now;
         });
}

Result<void> People::VoidVotesOfStrangersLocked() {
  voters_checked_ = clock_.Now();
  auto reader = store_.Read();
  if (!reader) return tl::unexpected(reader.error());
  auto acts = (*reader)->OpenActs();
  if (!acts) return tl::unexpected(acts.error());
  reader->reset();
  std::erase_if(*acts, [&](const store::OpenActOf& act) { return Holds(act); });
  if (acts->empty()) return {};
  return writer_([&](store::Transaction& transaction, const Record& record) {
    return VoidVotes(transaction, record, *acts);
  });
}

std::optional<store::Account> People::FindAccount(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = accounts_.find(name);
  return found == accounts_.end() ? std::nullopt : std::optional(found->second);
}

bool People::IsOver(const Live& live, TimePoint now) const {
  return now - live.row.used > rules_.idle || now - live.row.created > rules_.lifetime;
}

SessionView People::ViewOf(const Live& live, const store::Account& account) const {
  return {{account.name, ParseRole(account.role).value_or(Role::viewer)},
          live.row.created + rules_.lifetime,
          live.stepped_up_until,
          !account.one_time_secret.empty(),
          !account.external_id.empty()};
}

Result<SessionView> People::Find(std::string_view session, bool is_use) {
  const auto now = clock_.Now();
  const std::lock_guard lock(mutex_);
  const auto live = sessions_.find(policy::Sha256Of(session));
  if (live == sessions_.end() || IsOver(live->second, now)) return Over();
  const auto account = accounts_.find(live->second.row.account);
  if (account == accounts_.end() || account->second.disabled) return Over();
  if (is_use) live->second.row.used = now;
  return ViewOf(live->second, account->second);
}

bool People::HasToken(std::string_view token) const {
  const std::lock_guard lock(mutex_);
  return tokens_.contains(policy::Sha256Of(token));
}

Result<Person> People::ByToken(std::string_view token) const {
  const std::lock_guard lock(mutex_);
  const auto found = tokens_.find(policy::Sha256Of(token));
  if (found == tokens_.end()) return Fail(ErrorCode::unauthenticated, "the token is not known");
  const store::ApiToken& row = found->second;
  if (row.revoked || clock_.Now() >= row.expires) {
    return Fail(ErrorCode::unauthenticated, "the token of " + row.name +
                                                (row.revoked ? " was revoked" : " has expired") +
                                                "; ask for a new one");
  }
  const auto account = accounts_.find(row.name);
  if (account != accounts_.end() && account->second.disabled) {
    return Fail(ErrorCode::unauthenticated, "the account " + row.name + " is disabled");
  }
  auto role = ParseRole(row.role);
  if (!role) return tl::unexpected(role.error());
  auto scope = TokenScope::FromText(row.scope);
  if (!scope) return tl::unexpected(scope.error());
  return Person{row.name, *role, std::move(*scope)};
}

// By account, by token or by the configuration; with `mutex_` not held.
bool People::Holds(const store::OpenActOf& act) const {
  const std::lock_guard lock(mutex_);
  const auto may = [&](const std::string& role, const std::string& scope) {
    const auto parsed = ParseRole(role);
    const auto within = TokenScope::FromText(scope);
    return parsed && within && powers_.may(*parsed, *within, act.act);
  };
  const auto account = accounts_.find(act.person);
  if (account != accounts_.end() && account->second.disabled) return false;
  if (account != accounts_.end() && may(account->second.role, "")) return true;
  const auto now = clock_.Now();
  return powers_.may_elsewhere(act) ||
         std::any_of(tokens_.begin(), tokens_.end(), [&](const auto& entry) {
           const store::ApiToken& token = entry.second;
           return token.name == act.person && !token.revoked && now < token.expires &&
                  may(token.role, token.scope);
         });
}

std::vector<policy::Sha256> People::SessionsOf(const std::string& account) const {
  const std::lock_guard lock(mutex_);
  std::vector<policy::Sha256> digests;
  for (const auto& [digest, live] : sessions_) {
    if (live.row.account == account) digests.push_back(digest);
  }
  return digests;
}

Result<void> People::BeginAttempt(const std::string& name, const std::string& address) {
  const auto verdict = throttle_.Begin(name, address, clock_.Now());
  if (verdict == Throttle::Verdict::go_on) return {};
  if (verdict == Throttle::Verdict::refused_first) {
    platform::Warn("too many failed log-ins of {} from {}", name, address);
    auto recorded = writer_([&](store::Transaction&, const Record& record) {
      return record(
          {"agent", "session.refuse", "", DetailOf({{"account", name}, {"address", address}})});
    });
    if (!recorded) return recorded;
  }
  return Fail(ErrorCode::exhausted, "too many failed attempts; try again in a quarter of an hour");
}

Result<void> People::Verify(const std::string& name, std::string_view password,
                            std::string_view code, const std::string& address) {
  if (auto begun = BeginAttempt(name, address); !begun) return begun;
  const auto account = FindAccount(name);
  const bool matches = PasswordMatches(account ? account->password : "", password);
  if (!matches || account->disabled) {
    return Fail(ErrorCode::unauthenticated, "the name, the password or the code is wrong");
  }
  if (!account->one_time_secret.empty()) {
    if (code.empty()) {
      throttle_.Succeeded(name, address);
      return Fail(ErrorCode::unauthenticated, "one-time code required");
    }
    if (auto used = UseCode(name, code); !used) return used;
  }
  throttle_.Succeeded(name, address);
  return {};
}

Result<Opened> People::OpenLocked(store::Account account, const std::string& action,
                                  std::optional<TimePoint> stepped_up_until) {
  const auto now = clock_.Now();
  auto secret = NewSecret();
  if (!secret) return tl::unexpected(secret.error());
  const Live live{{policy::Sha256Of(*secret), account.name, now, now}, now, stepped_up_until, ""};
  account.last_log_in = now;
  // A new password ends what was opened with the old one.
  const auto ended = action.empty() ? std::vector<policy::Sha256>() : SessionsOf(account.name);
  auto stored = writer_([&](store::Transaction& transaction, const Record& record) -> Result<void> {
    if (auto put = transaction.PutAccount(account); !put) return put;
    for (const auto& digest : ended) {
      if (auto removed = transaction.RemoveSession(digest); !removed) return removed;
    }
    if (auto put = transaction.PutSession(live.row); !put) return put;
    if (action.empty()) return {};
    return record(
        {account.name, action, "", DetailOf({{"account", account.name}, {"role", account.role}})});
  });
  if (!stored) return tl::unexpected(stored.error());
  const std::lock_guard lock(mutex_);
  for (const auto& digest : ended) sessions_.erase(digest);
  accounts_[account.name] = account;
  sessions_[live.row.digest] = live;
  first_invitation_.clear();
  return Opened{*secret, ViewOf(live, account)};
}

void People::Tick() {
  const std::lock_guard change_lock(change_mutex_);
  const auto now = clock_.Now();
  if (now - ticked_ < tick_every) return;
  if (MayHaveLostVoters(now)) {
    if (auto voided = VoidVotesOfStrangersLocked(); !voided) {
      platform::Warn("votes of those who may vote no more still count: {}", voided.error().detail);
    }
  }
  ticked_ = now;
  std::vector<policy::Sha256> over;
  std::vector<store::Session> used;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [digest, live] : sessions_) {
      if (IsOver(live, now)) {
        over.push_back(digest);
      } else if (live.row.used != std::exchange(live.stored_used, live.row.used)) {
        used.push_back(live.row);
      }
    }
    for (const auto& digest : over) sessions_.erase(digest);
  }
  if (over.empty() && used.empty()) return;
  auto stored = writer_([&](store::Transaction& transaction, const Record&) -> Result<void> {
    for (const auto& digest : over) {
      if (auto removed = transaction.RemoveSession(digest); !removed) return removed;
    }
    for (const auto& row : used) {
      if (auto put = transaction.PutSession(row); !put) return put;
    }
    return {};
  });
  if (!stored) platform::Warn("could not store the use of sessions: {}", stored.error().detail);
}

std::string People::FirstInvitation() const {
  const std::lock_guard lock(mutex_);
  return first_invitation_;
}

}  // namespace agent::people
