#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/history/history_writer.h"
#include "agent/people/role.h"
#include "agent/people/throttle.h"
#include "agent/people/token_scope.h"
#include "agent/store/store.h"
#include "platform/clock.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::people {

using policy::Result;
using policy::TimePoint;

struct Rules {
  std::chrono::seconds idle = std::chrono::minutes(30);     // a session unused so long is over
  std::chrono::seconds lifetime = std::chrono::hours(12);   // of a session, at most
  std::chrono::seconds step_up = std::chrono::minutes(10);  // how long a confirmation holds
  std::chrono::seconds invitation = std::chrono::hours(24 * 3);
  Throttle::Limits throttle = {};
};

// Who calls by a session, or by a token.
struct Person {
  std::string name;
  Role role;
  TokenScope scope = {};
};

// Somebody for whom single sign-on vouches.
struct External {
  std::string id;            // "ISSUER|SUBJECT", which stays the same
  std::string name;          // of the account, the first time; what it is later changes nothing
  std::optional<Role> role;  // none: no access
  std::optional<TimePoint> authenticated;  // when the provider last saw proof of who it is
};

struct SessionView {
  Person person;
  TimePoint expires;
  std::optional<TimePoint> stepped_up_until;
  bool has_one_time_code = false;
  bool is_external = false;  // by single sign-on: it has no password
};

// A secret that is told once, and kept as a digest.
struct Opened {
  std::string secret;  // of the cookie
  SessionView session;
};
struct Invitation {
  std::string token;
  TimePoint expires;
};
struct NewToken {
  store::ApiToken token;
  std::string secret;
};

// Adds an entry to the history within the change's transaction.
using Record = std::function<Result<void>(const history::Act&)>;
using Change = std::function<Result<void>(store::Transaction&, const Record&)>;
// Runs a change in one transaction on the store's one writer, and returns once it is on disk.
using Writer = std::function<Result<void>(const Change&)>;
// Which of people's open acts hold.
struct Powers {
  std::function<bool(Role, const TokenScope&, store::OpenAct)> may;
  // Whether some credential of that name in the configuration may.
  std::function<bool(const store::OpenActOf&)> may_elsewhere;
};

// Local accounts, their sessions, and API tokens. What they may do holds from the very next call:
// all of it is in memory, and on disk before a change returns. Any thread; functions that take a
// password cost 30 ms of CPU, those that change something wait for the disk.
class People {
 public:
  // Everything given has to outlive it. Calls nothing of `powers` yet.
  static Result<std::unique_ptr<People>> Open(store::Store& store, Writer writer, Rules rules,
                                              Powers powers, const platform::Clock& clock);

  // Clears the open acts of those who may not do them any more: to be called whenever the
  // configuration may have changed.
  Result<void> VoidVotesOfStrangers();

  // Whose session it is; `is_use` puts off its idle timeout. `unauthenticated` once it is over.
  Result<SessionView> Find(std::string_view session, bool is_use = true);
  // `unauthenticated` for a token that is unknown, over or revoked, or whose account is disabled.
  Result<Person> ByToken(std::string_view token) const;
  bool HasToken(std::string_view token) const;

  // Ends `old_session`, if there is one. `exhausted` after too many failures; any other failure is
  // `unauthenticated`, and says no more than proto/sekisho/v1/people.proto promises.
  Result<Opened> LogIn(const std::string& name, std::string_view password, std::string_view code,
                       const std::string& address, std::string_view old_session);
  Result<void> LogOut(std::string_view session);
  Result<SessionView> StepUp(std::string_view session, std::string_view password,
                             std::string_view code, const std::string& address);
  Result<void> ChangePassword(std::string_view session, std::string_view old_password,
                              std::string_view new_password, std::string_view code,
                              const std::string& address);
  // A new secret for one-time codes, as a link for apps; it counts once a code of it was given.
  Result<std::string> SetUpOneTimeCode(std::string_view session, std::string_view password,
                                       std::string_view code, const std::string& address);
  Result<void> ConfirmOneTimeCode(std::string_view session, std::string_view code);
  Result<Opened> Redeem(std::string_view token, const std::string& name, std::string_view password);
  // The same by single sign-on: the role is the provider's word from then on, and whoever has none
  // any more loses sessions and votes. `conflict` if the name is somebody else's.
  Result<Opened> LogInExternally(const External& person, std::string_view old_session);
  Result<SessionView> StepUpExternally(std::string_view session, const External& person);
  // While there is no account at all: the invitation of the first, an admin. Else empty.
  std::string FirstInvitation() const;

  // For admins; `actor` is who does it. Nobody changes their own account.
  std::vector<store::Account> Accounts() const;
  Result<Invitation> Invite(const std::string& actor, const std::string& name,
                            std::optional<Role> role);
  Result<void> SetRole(const std::string& actor, const std::string& name, Role role);
  Result<void> SetDisabled(const std::string& actor, const std::string& name, bool disabled);
  std::vector<store::ApiToken> Tokens() const;
  Result<NewToken> CreateToken(const std::string& actor, const std::string& name, Role role,
                               std::chrono::seconds lifetime, const TokenScope& scope = {});
  Result<void> RevokeToken(const std::string& actor, std::int64_t id);

  // Drops sessions that are over, stores when the others were used last, and clears the open
  // acts of those whose token expired. Once a minute or so.
  void Tick();

 private:
  struct Live {
    store::Session row;
    TimePoint stored_used;
    std::optional<TimePoint> stepped_up_until;
    std::string new_one_time_secret;  // set up and not yet confirmed
  };
  using Sessions = std::map<policy::Sha256, Live>;

  People(store::Store& store, Writer writer, Rules rules, Powers powers,
         const platform::Clock& clock)
      : store_(store),
        writer_(std::move(writer)),
        rules_(rules),
        powers_(std::move(powers)),
        clock_(clock),
        throttle_(rules.throttle) {}

  Result<void> Load();
  Result<void> VoidVotesOfStrangersLocked();
  bool MayHaveLostVoters(TimePoint now) const;
  std::optional<store::Account> FindAccount(const std::string& name) const;
  bool IsOver(const Live& live, TimePoint now) const;
  SessionView ViewOf(const Live& live, const store::Account& account) const;
  bool Holds(const store::OpenActOf& act) const;

  // Whether it is that person: counts failures, and uses the code up.
  Result<void> Verify(const std::string& name, std::string_view password, std::string_view code,
                      const std::string& address);
  Result<void> BeginAttempt(const std::string& name, const std::string& address);
  Result<void> UseCode(const std::string& name, std::string_view code);
  // With `change_mutex_` held, as for all that ends in "Locked".
  Result<Opened> OpenLocked(store::Account account, const std::string& action,
                            std::optional<TimePoint> stepped_up_until);
  Result<store::Account> ExternalLocked(const External& person);
  Result<void> StoreLocked(const store::Account& account, const std::string& actor,
                           const std::string& action, const std::vector<policy::Sha256>& ended);
  std::vector<policy::Sha256> SessionsOf(const std::string& account) const;
  std::optional<store::Account> Invited(std::string_view token, const std::string& name) const;
  Result<void> VoidVotes(store::Transaction& transaction, const Record& record,
                         const std::vector<store::OpenActOf>& acts) const;
  Result<store::Account> AccountToChange(const std::string& actor, const std::string& name) const;

  store::Store& store_;
  const Writer writer_;
  const Rules rules_;
  const Powers powers_;
  const platform::Clock& clock_;
  Throttle throttle_;

  std::mutex change_mutex_;  // one change at a time; taken before mutex_, held while it is stored
  mutable std::mutex mutex_;
  std::map<std::string, store::Account> accounts_;
  Sessions sessions_;
  std::map<policy::Sha256, store::ApiToken> tokens_;
  std::string first_invitation_;
  TimePoint ticked_{};
  TimePoint voters_checked_{};
};

}  // namespace agent::people
