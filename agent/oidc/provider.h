#pragma once

#include <chrono>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>

#include "agent/oidc/id_token.h"
#include "agent/oidc/key_set.h"
#include "platform/clock.h"
#include "platform/http_client.h"
#include "policy/result.h"

namespace agent::oidc {

struct ProviderSettings {
  std::string issuer;  // "https://login.example.org/realms/soc", exactly as its tokens have it
  std::string client_id;
  std::filesystem::path client_secret_file;  // empty: a public client, by PKCE alone
  std::filesystem::path ca_file;             // empty: the system's
  bool allow_private = false;                // whether it may be at a private address
};

// An OpenID provider, asked over HTTP: where it is by discovery, its keys, and tokens for codes.
// Any thread; calls wait for the provider, up to 10 s for each of the requests they need.
class Provider {
 public:
  // `client` and `clock` have to outlive it. Asks nothing yet.
  Provider(ProviderSettings settings, platform::HttpClient& client, const platform::Clock& clock)
      : settings_(std::move(settings)), client_(client), clock_(clock) {}

  // Where browsers are sent to. `unavailable` while the provider can't be asked.
  policy::Result<std::string> AuthorizationEndpoint();

  // The verified ID token that it gives for a code. Keys that are not known are asked for anew, at
  // most once a minute.
  policy::Result<IdToken> Redeem(const std::string& code, const std::string& verifier,
                                 const std::string& redirect_uri, const Expected& expected);

  // Whether answers always say whom they are from (RFC 9207); as far as is known.
  bool NamesItself() const;

  const ProviderSettings& settings() const { return settings_; }

 private:
  struct Known {
    std::string authorization_endpoint;
    std::string token_endpoint;
    bool names_itself = false;
    KeySet keys;
    std::chrono::steady_clock::time_point at;
  };

  // What is known, asked for anew where it is older than `age_max`.
  policy::Result<Known> Ask(std::chrono::seconds age_max);
  policy::Result<Known> Discover();
  policy::Result<std::string> Fetch(const std::string& url);
  policy::Result<std::string> Exchange(const std::string& endpoint, const std::string& code,
                                       const std::string& verifier,
                                       const std::string& redirect_uri);
  policy::Result<std::string> Send(platform::HttpRequest request);

  const ProviderSettings settings_;
  platform::HttpClient& client_;
  const platform::Clock& clock_;
  mutable std::mutex mutex_;
  std::optional<Known> known_;
  std::optional<std::chrono::steady_clock::time_point> failed_at_;
};

}  // namespace agent::oidc
