#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/oidc/provider.h"
#include "agent/people/people.h"
#include "agent/people/role.h"
#include "platform/clock.h"
#include "platform/http_client.h"
#include "policy/digest.h"
#include "policy/result.h"

namespace agent::oidc {

struct RoleRule {
  std::string value;  // of the role claim
  people::Role role;
};

struct Settings {
  ProviderSettings provider;
  std::string label;  // what the log-in page calls it
  std::string name_claim = "preferred_username";
  std::string role_claim = "groups";
  std::vector<RoleRule> roles;  // the first that fits counts
};

// Single sign-on by OpenID Connect's authorization code flow, with PKCE, state and nonce. Begin
// gives the address to send the browser to; what the provider sends back by the browser goes to
// Finish, once. Each is bound to its browser by a secret in a cookie, so that nobody can have
// another's browser finish what they began. In memory only: a restart has people begin again. Any
// thread.
class SignOn {
 public:
  // `page_origin` is the web page's; the provider has to know page_origin + redirect_path as one of
  // the client's. All references have to outlive it.
  SignOn(Settings settings, const std::string& page_origin, platform::HttpClient& client,
         const platform::Clock& clock);

  struct Begun {
    std::string url;
    std::string browser;  // the secret
  };
  // `session` is to be confirmed: the provider has the person authenticate anew. Empty: a log-in.
  // `exhausted` if too many from `address` were begun and not finished.
  policy::Result<Begun> Begin(const std::string& address, std::string_view session);

  // The query of the address that the provider sent the browser back to.
  struct Answer {
    std::string code;
    std::string state;
    std::string issuer;
    std::string error;
  };
  struct Finished {
    people::External person;
    bool is_confirmation = false;  // of the session, rather than a log-in
  };
  // `unauthenticated`, with the reason, for whatever is not the provider's good answer to what this
  // browser, and this session, began; nothing is changed by it.
  policy::Result<Finished> Finish(const Answer& answer, std::string_view browser,
                                  std::string_view session);

  const Settings& settings() const { return settings_; }

  static constexpr std::string_view redirect_path = "/single-sign-on";

 private:
  struct Pending {
    policy::Sha256 browser;
    policy::Sha256 session;
    bool is_confirmation;
    std::string address;
    std::string nonce;
    std::string verifier;
    policy::TimePoint since;
  };
  using Waiting = std::map<std::string, Pending, std::less<>>;  // by state

  void Forget(policy::TimePoint now);
  policy::Result<void> Keep(const std::string& state, Pending pending);
  std::optional<Pending> Take(const std::string& state, std::string_view browser);
  std::optional<people::Role> RoleOf(const std::vector<std::string>& values) const;

  const Settings settings_;
  const std::string redirect_uri_;
  const platform::Clock& clock_;
  Provider provider_;
  std::mutex mutex_;
  Waiting waiting_;
};

}  // namespace agent::oidc
