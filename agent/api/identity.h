#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/api/access.h"
#include "policy/digest.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::api {

struct TokenSettings {
  std::string name;  // of the person or the script
  Role role;
  std::string sha256;  // of the token, in hexadecimal; the token itself is nowhere
  std::optional<policy::TimePoint> expires;
  people::TokenScope scope = {};
};

struct CertificateSettings {
  std::string identity;  // a SAN of the client certificate: "alice@example.org"
  std::string name;
  Role role;
};

// Who may call at all; from the configuration.
struct AccessSettings {
  std::vector<TokenSettings> tokens;
  std::vector<CertificateSettings> certificates;
};

// What a call brought along.
struct Credentials {
  std::vector<std::string> authorization;  // each "authorization" header: "Bearer ..."
  // SANs of the client certificate, which TLS has verified already; empty without one.
  std::vector<std::string> certificate_names;
  bool is_certificate_revoked = false;
  std::string session = {};  // the secret that a browser's cookie holds
  // A page calls by itself: no sign that a person sits there, so that an idle session ends.
  bool is_unattended = false;
};

// The token of an authorization header "Bearer TOKEN"; nothing if it is none.
std::optional<std::string_view> BearerToken(std::string_view authorization);

// Turns credentials into callers. Not changed once it is in use, hence safe from any thread.
class Identities {
 public:
  // `malformed_input` for names that can't be told apart in the history: those of the agent's own
  // parts ("policy", "feed:x"), those with a comma, none at all; and for a token or a certificate
  // that stands for two callers.
  static policy::Result<Identities> From(const AccessSettings& settings);

  // The same, one by one; nothing is added on an error. Before others see it.
  policy::Result<void> Add(const TokenSettings& settings);
  policy::Result<void> Add(const CertificateSettings& settings);

  // A token counts before a certificate, and a bad token is not made good by a certificate.
  // `unauthenticated` says why, but never what a good credential would be.
  policy::Result<Caller> Identify(const Credentials& credentials, policy::TimePoint now) const;

  // Whether some credential of that name that has not expired may.
  bool May(const store::OpenActOf& act, policy::TimePoint now) const;

 private:
  struct Token {
    Caller caller;
    policy::Sha256 digest;
    std::optional<policy::TimePoint> expires;
  };
  struct Certificate {
    Caller caller;
    std::string identity;
  };

  policy::Result<Caller> ByToken(std::string_view authorization, policy::TimePoint now) const;
  policy::Result<Caller> ByCertificate(const std::vector<std::string>& names) const;

  std::vector<Token> tokens_;
  std::vector<Certificate> certificates_;
};

}  // namespace agent::api
