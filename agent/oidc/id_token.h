#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/oidc/key_set.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::oidc {

// What a token has to say to be an answer to what was asked.
struct Expected {
  std::string issuer;
  std::string client_id;
  std::string nonce;
  // When the person has to have authenticated at the earliest, where that was asked for.
  std::optional<policy::TimePoint> authenticated_since;
  // Claims to read, and not to check.
  std::string name_claim;
  std::string role_claim;
};

struct IdToken {
  std::string subject;
  std::string name;                // empty without the claim
  std::vector<std::string> roles;  // of a list, or of a single text
  std::optional<policy::TimePoint> authenticated;
};

// How far the provider's clock and ours may be apart.
inline constexpr std::chrono::seconds clock_skew_max{60};

// Verifies a token as OpenID Connect Core 1.0 section 3.1.3.7 has it, with RS256 or ES256 only.
// `not_found` if it is signed by a key that is not in `keys`, `unauthenticated` for whatever else
// is wrong with it, and says what; never the token itself.
policy::Result<IdToken> ReadIdToken(std::string_view token, const KeySet& keys,
                                    const Expected& expected, policy::TimePoint now);

}  // namespace agent::oidc
